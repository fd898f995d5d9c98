
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Variables of "tiktok_request_value" and "tiktok_response_value".
 */


#include "ngx_tiktok_copies.h"
#include "ngx_tiktok_path.h"


static ngx_int_t ngx_tiktok_path_variable(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_str_t *name, ngx_uint_t *variable);
static ngx_int_t ngx_tiktok_path_get(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_uint_t ngx_tiktok_path_lines(ngx_str_t *value);
static ngx_str_t *ngx_tiktok_path_of(ngx_array_t *paths, ngx_uint_t variable);
static ngx_int_t ngx_tiktok_path_request(ngx_http_request_t *r,
    ngx_str_t *path, ngx_str_t *value);
static ngx_int_t ngx_tiktok_path_response(ngx_http_request_t *r,
    ngx_str_t *path, ngx_str_t *value);
static ngx_int_t ngx_tiktok_path_json(ngx_http_request_t *r,
    ngx_tiktok_copy_t *copy, const char *what, ngx_str_t *path,
    ngx_str_t *value);


char *
ngx_tiktok_path_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char  *p = conf;

    ngx_str_t                *value, name;
    ngx_uint_t                i, variable;
    ngx_array_t             **paths;
    ngx_tiktok_path_conf_t   *path;

    paths = (ngx_array_t **) (p + cmd->offset);

    if (*paths == NGX_CONF_UNSET_PTR) {
        *paths = ngx_array_create(cf->pool, 4, sizeof(ngx_tiktok_path_conf_t));
        if (*paths == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    value = cf->args->elts;

    if (value[1].len < 2 || value[1].data[0] != '$' || value[2].len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" has invalid parameters \"%V\" \"%V\", "
                           "they are a variable and the path of its value, "
                           "such as \"$email customer.email\"",
                           &cmd->name, &value[1], &value[2]);
        return NGX_CONF_ERROR;
    }

    name.data = value[1].data + 1;
    name.len = value[1].len - 1;

    if (ngx_tiktok_path_variable(cf, cmd, &name, &variable) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    path = (*paths)->elts;

    for (i = 0; i < (*paths)->nelts; i++) {
        if (path[i].variable == variable) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" has \"%V\" twice",
                               &cmd->name, &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    path = ngx_array_push(*paths);
    if (path == NULL) {
        return NGX_CONF_ERROR;
    }

    path->variable = variable;
    path->path = value[2];

    return NGX_CONF_OK;
}


/* one variable for all locations, each of which has its own path */

static ngx_int_t
ngx_tiktok_path_variable(ngx_conf_t *cf, ngx_command_t *cmd, ngx_str_t *name,
    ngx_uint_t *variable)
{
    ngx_str_t                  *names;
    ngx_uint_t                  i;
    ngx_hash_key_t             *known;
    ngx_http_variable_t        *var;
    ngx_tiktok_main_conf_t     *tmcf;
    ngx_http_core_main_conf_t  *cmcf;

    tmcf = ngx_http_conf_get_module_main_conf(cf, ngx_tiktok_module);

    names = tmcf->variables.elts;

    for (i = 0; i < tmcf->variables.nelts; i++) {
        if (names[i].len == name->len
            && ngx_strncasecmp(names[i].data, name->data, name->len) == 0)
        {
            *variable = i;
            return NGX_OK;
        }
    }

    *variable = i;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    known = cmcf->variables_keys->keys.elts;

    for (i = 0; i < cmcf->variables_keys->keys.nelts; i++) {
        if (known[i].key.len == name->len
            && ngx_strncasecmp(known[i].key.data, name->data, name->len) == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" cannot set \"$%V\", which is a "
                               "variable already: choose another name",
                               &cmd->name, name);
            return NGX_ERROR;
        }
    }

    names = ngx_array_push(&tmcf->variables);
    if (names == NULL) {
        return NGX_ERROR;
    }

    *names = *name;
    tmcf->copies = 1;

    var = ngx_http_add_variable(cf, name, NGX_HTTP_VAR_NOCACHEABLE);
    if (var == NULL) {
        return NGX_ERROR;
    }

    var->get_handler = ngx_tiktok_path_get;
    var->data = *variable;

    return NGX_OK;
}


static ngx_int_t
ngx_tiktok_path_get(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_int_t               rc;
    ngx_str_t              *path, value;
    ngx_tiktok_loc_conf_t  *tlcf;

    tlcf = ngx_http_get_module_loc_conf(r->main, ngx_tiktok_module);

    rc = NGX_DECLINED;

    path = ngx_tiktok_path_of(tlcf->request_values, data);

    if (path) {
        rc = ngx_tiktok_path_request(r->main, path, &value);
    }

    if (rc == NGX_DECLINED) {
        path = ngx_tiktok_path_of(tlcf->response_values, data);

        if (path) {
            rc = ngx_tiktok_path_response(r->main, path, &value);
        }
    }

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (rc == NGX_DECLINED || ngx_tiktok_path_lines(&value)) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
    v->len = value.len;
    v->data = value.data;

    return NGX_OK;
}


/* a line more, in a header that the variable is put into, is a header more */

static ngx_uint_t
ngx_tiktok_path_lines(ngx_str_t *value)
{
    size_t  i;

    for (i = 0; i < value->len; i++) {
        if (value->data[i] == CR || value->data[i] == LF
            || value->data[i] == '\0')
        {
            return 1;
        }
    }

    return 0;
}


static ngx_str_t *
ngx_tiktok_path_of(ngx_array_t *paths, ngx_uint_t variable)
{
    ngx_uint_t               i;
    ngx_tiktok_path_conf_t  *path;

    if (paths == NULL) {
        return NULL;
    }

    path = paths->elts;

    for (i = 0; i < paths->nelts; i++) {
        if (path[i].variable == variable) {
            return &path[i].path;
        }
    }

    return NULL;
}


/* in the body, else in the query string */

static ngx_int_t
ngx_tiktok_path_request(ngx_http_request_t *r, ngx_str_t *path,
    ngx_str_t *value)
{
    ngx_int_t             rc;
    ngx_str_t             text;
    ngx_tiktok_copy_t    *copy;
    ngx_tiktok_copies_t  *copies;

    copies = ngx_tiktok_copies(r, 0);

    if (copies && copies->request.taken && copies->request.complete) {
        copy = &copies->request;

        text.data = copy->body.data;
        text.len = copy->body.len;

        switch (copy->kind) {

        case NGX_TIKTOK_COPY_FORM:
            rc = ngx_tiktok_form_find(r->pool, &text, path, value);
            break;

        case NGX_TIKTOK_COPY_MULTIPART:
            rc = ngx_tiktok_multipart_find(&text,
                                       &r->headers_in.content_type->value,
                                       path, value);
            break;

        case NGX_TIKTOK_COPY_NONE:
            rc = NGX_DECLINED;
            break;

        default: /* NGX_TIKTOK_COPY_JSON, NGX_TIKTOK_COPY_TEXT */
            rc = ngx_tiktok_path_json(r, copy, "the request body", path,
                                      value);
        }

        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    return ngx_tiktok_form_find(r->pool, &r->args, path, value);
}


static ngx_int_t
ngx_tiktok_path_response(ngx_http_request_t *r, ngx_str_t *path,
    ngx_str_t *value)
{
    ngx_tiktok_copies_t  *copies;

    copies = ngx_tiktok_copies(r, 0);

    if (copies == NULL || !copies->answer.taken || !copies->answer.complete) {
        return NGX_DECLINED;
    }

    return ngx_tiktok_path_json(r, &copies->answer, "the answer", path, value);
}


static ngx_int_t
ngx_tiktok_path_json(ngx_http_request_t *r, ngx_tiktok_copy_t *copy,
    const char *what, ngx_str_t *path, ngx_str_t *value)
{
    ngx_int_t               rc;
    ngx_str_t               text;
    ngx_tiktok_loc_conf_t  *tlcf;

    if (!copy->parsed) {
        copy->parsed = 1;

        text.data = copy->body.data;
        text.len = copy->body.len;

        tlcf = ngx_http_get_module_loc_conf(r, ngx_tiktok_module);

        rc = ngx_tiktok_json_parse(r->pool, &text, tlcf->depth, &copy->json);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_DECLINED && copy->kind == NGX_TIKTOK_COPY_JSON) {
            ngx_tiktok_copies_unread(r, NGX_TIKTOK_UNREAD_BROKEN, what,
                                     copy->json.error);
        }
    }

    if (copy->json.root == NULL) {
        return NGX_DECLINED;
    }

    return ngx_tiktok_path_find(r->pool, copy->json.root, path, value);
}
