
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Secrets stand in files, and so in no configuration and in no log.
 */


#include "ngx_tiktok_secret.h"


ssize_t
ngx_tiktok_secret(ngx_conf_t *cf, const char *directive, ngx_str_t *path,
    u_char *buf, size_t size, const char **mistake, ngx_err_t *err)
{
    ssize_t          n;
    ngx_fd_t         fd;
    ngx_file_info_t  fi;

    *err = NGX_ENOMEM;
    *mistake = "cannot be opened, it must be there and nginx's master process "
               "able to read it";

    if (ngx_conf_full_name(cf->cycle, path, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    fd = ngx_open_file(path->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        *err = ngx_errno;
        return NGX_ERROR;
    }

    if (ngx_fd_info(fd, &fi) != NGX_FILE_ERROR && (fi.st_mode & S_IROTH)) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "\"%s\" \"%V\" can be read by everybody, set its mode "
                      "to 0600", directive, path);
    }

    *err = 0;

    n = ngx_read_fd(fd, buf, size);

    if (n == -1) {
        *err = ngx_errno;
        *mistake = "cannot be read";
        n = NGX_ERROR;
    }

    (void) ngx_close_file(fd);

    return n;
}
