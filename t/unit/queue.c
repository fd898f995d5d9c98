#include "unit.h"
void unit_queue(ngx_conf_t *cf) {}
