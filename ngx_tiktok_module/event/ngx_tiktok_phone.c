
/*
 * Copyright (C) ngx_tiktok_module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include "ngx_tiktok_phone.h"


#define NGX_TIKTOK_PHONE_E164       15      /* digits */
#define NGX_TIKTOK_PHONE_CODE_LEN   3       /* of them a calling code's */
#define NGX_TIKTOK_PHONE_INSERT     5       /* with the NUL */


/*
 * A set of digit strings is a state, written as some words: the digits that
 * lead on, whether the state accepts, whether this is its last word, and the
 * state that comes next.
 */

#define ngx_tiktok_phone_leads(word, digit)  ((word) & 1 << ((digit) - '0'))
#define ngx_tiktok_phone_accepts(word)       ((word) & 1 << 10)
#define ngx_tiktok_phone_last(word)          ((word) & 1 << 11)
#define ngx_tiktok_phone_next(word)          ((word) >> 12)


/*
 * For numbers that begin with one of a set, or are one: some digits are taken
 * from their front, and from the end of what was found, and some put before.
 */

typedef struct {
    uint16_t   set;
    u_char     drop;
    u_char     cut;
    u_char     whole;
    char       insert[NGX_TIKTOK_PHONE_INSERT];
} ngx_tiktok_phone_rule_t;


struct ngx_tiktok_phone_plan_s {
    char       country[3];
    uint16_t   code;
    uint16_t   international;               /* sets: prefixes for abroad, */
    uint16_t   trunk;                       /* those before other areas, */
    uint16_t   own;                         /* numbers of the country, */
    uint16_t   numbers;                     /* and those one can dial there */
    u_char     rules;
    u_char     nrules;
};


/* a calling code, the plan of its main country, and numbers of all its own */

typedef struct {
    uint16_t   code;
    uint16_t   plan;
    uint16_t   numbers;
} ngx_tiktok_phone_code_t;


/* as it was written, and without what is only dialled */

typedef struct {
    ngx_tiktok_phone_text_t   text;
    u_char                    number[NGX_TIKTOK_PHONE_DIGITS
                                     + NGX_TIKTOK_PHONE_INSERT];
} ngx_tiktok_phone_t;


#include "ngx_tiktok_phone_tables.h"


#define NGX_TIKTOK_PHONE_PLANS                                                \
    (sizeof(ngx_tiktok_phone_plans) / sizeof(ngx_tiktok_phone_plan_t))
#define NGX_TIKTOK_PHONE_CODES                                                \
    (sizeof(ngx_tiktok_phone_codes) / sizeof(ngx_tiktok_phone_code_t))


static u_char *ngx_tiktok_phone_dialled(u_char *dst,
    ngx_tiktok_phone_t *phone, ngx_tiktok_phone_plan_t *plan);
static u_char *ngx_tiktok_phone_at_home(u_char *dst,
    ngx_tiktok_phone_t *phone, ngx_tiktok_phone_plan_t *plan);
static u_char *ngx_tiktok_phone_international(u_char *dst,
    ngx_tiktok_phone_t *phone, size_t skip);
static size_t ngx_tiktok_phone_national(ngx_tiktok_phone_plan_t *plan,
    u_char *dst, u_char *p, size_t len);
static u_char *ngx_tiktok_phone_write(u_char *dst, ngx_uint_t code,
    ngx_uint_t numbers, u_char *number, size_t len);
static ngx_tiktok_phone_code_t *ngx_tiktok_phone_code(u_char *p, size_t len,
    size_t *skip);
static ngx_tiktok_phone_code_t *ngx_tiktok_phone_code_find(ngx_uint_t n);
static ngx_uint_t ngx_tiktok_phone_is(ngx_uint_t set, u_char *p, size_t len);
static size_t ngx_tiktok_phone_longest(ngx_uint_t set, u_char *p, size_t len);


ngx_tiktok_phone_plan_t *
ngx_tiktok_phone_plan(ngx_str_t *country)
{
    ngx_uint_t                i;
    ngx_tiktok_phone_plan_t  *plan;

    if (country->len != 2) {
        return NULL;
    }

    for (i = 0; i < NGX_TIKTOK_PHONE_PLANS; i++) {
        plan = &ngx_tiktok_phone_plans[i];

        /* those that are of no country have no letters */

        if (plan->country[0] != '\0'
            && ngx_toupper(country->data[0]) == plan->country[0]
            && ngx_toupper(country->data[1]) == plan->country[1])
        {
            return plan;
        }
    }

    return NULL;
}


char *
ngx_tiktok_phone_set_plan_slot(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char  *p = conf;

    ngx_str_t                 *value;
    ngx_tiktok_phone_plan_t  **plan;

    plan = (ngx_tiktok_phone_plan_t **) (p + cmd->offset);

    if (*plan != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    *plan = ngx_tiktok_phone_plan(&value[1]);

    if (*plan == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" has an invalid country \"%V\", it is the "
                           "two letters that ISO 3166 gives it, such as "
                           "\"DE\"", &cmd->name, &value[1]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


u_char *
ngx_tiktok_phone(u_char *dst, ngx_str_t *text, ngx_tiktok_phone_plan_t *plan)
{
    u_char              *last;
    ngx_tiktok_phone_t   phone;

    if (ngx_tiktok_phone_read(&phone.text, text) != NGX_OK) {
        last = NULL;

    } else if (phone.text.plus) {
        last = ngx_tiktok_phone_international(dst, &phone, 0);

    } else {
        last = ngx_tiktok_phone_dialled(dst, &phone, plan);
    }

    ngx_explicit_memzero(&phone, sizeof(ngx_tiktok_phone_t));

    return last;
}


/*
 * "00" is the prefix of most countries, and people write it everywhere: it
 * is understood where it doesn't begin something else.
 */

static u_char *
ngx_tiktok_phone_dialled(u_char *dst, ngx_tiktok_phone_t *phone,
    ngx_tiktok_phone_plan_t *plan)
{
    size_t       skip;
    u_char      *last;
    ngx_uint_t   zeros;

    zeros = (phone->text.len > 2
             && ngx_memcmp(phone->text.digits, "00", 2) == 0);

    if (plan) {
        skip = ngx_tiktok_phone_longest(plan->international,
                                        phone->text.digits, phone->text.len);

        if (skip && skip < phone->text.len
            && phone->text.digits[skip] != '0')
        {
            last = ngx_tiktok_phone_international(dst, phone, skip);

            zeros = zeros && ngx_tiktok_phone_is(plan->international,
                                                 phone->text.digits, 2);
        } else {
            last = ngx_tiktok_phone_at_home(dst, phone, plan);

            zeros = zeros && !ngx_tiktok_phone_is(plan->own,
                                                  phone->text.digits,
                                                  phone->text.len);
        }

        if (last) {
            return last;
        }
    }

    return zeros ? ngx_tiktok_phone_international(dst, phone, 2) : NULL;
}


static u_char *
ngx_tiktok_phone_at_home(u_char *dst, ngx_tiktok_phone_t *phone,
    ngx_tiktok_phone_plan_t *plan)
{
    size_t                    len, skip;
    u_char                   *last, *end;
    u_char                    other[NGX_TIKTOK_PHONE_LEN];
    ngx_uint_t                bare;
    ngx_tiktok_phone_code_t  *code;

    len = ngx_tiktok_phone_national(plan, phone->number, phone->text.digits,
                                    phone->text.len);

    last = ngx_tiktok_phone_write(dst, plan->code, plan->numbers,
                                  phone->number, len);

    code = ngx_tiktok_phone_code(phone->text.digits, phone->text.len, &skip);

    if (code == NULL || code->code != plan->code) {
        return last;
    }

    /* it may also be an international number that lost its plus */

    bare = (plan->trunk
            && len == phone->text.len
            && ngx_memcmp(phone->number, phone->text.digits, len) == 0);

    end = ngx_tiktok_phone_international(other, phone, 0);

    if (end == NULL
        || !ngx_tiktok_phone_is(plan->own, other + 1 + skip,
                                end - other - 1 - skip))
    {
        return last;
    }

    if (last == NULL) {
        last = ngx_cpymem(dst, other, end - other);

    } else if (bare
               && (last - dst != end - other
                   || ngx_memcmp(dst, other, end - other) != 0))
    {
        last = NULL;
    }

    ngx_explicit_memzero(other, NGX_TIKTOK_PHONE_LEN);

    return last;
}


static u_char *
ngx_tiktok_phone_international(u_char *dst, ngx_tiktok_phone_t *phone,
    size_t skip)
{
    size_t                    len;
    u_char                   *p;
    ngx_tiktok_phone_code_t  *code;

    p = phone->text.digits + skip;
    len = phone->text.len - skip;

    code = ngx_tiktok_phone_code(p, len, &skip);

    if (code == NULL) {
        return NULL;
    }

    /* a trunk prefix doesn't belong there, but "+49 (0) 30" is common */

    len = ngx_tiktok_phone_national(&ngx_tiktok_phone_plans[code->plan],
                                    phone->number, p + skip, len - skip);

    return ngx_tiktok_phone_write(dst, code->code, code->numbers,
                                  phone->number, len);
}


/*
 * Takes away what is only dialled.  In Russia 8 does that, and starts the
 * numbers that are free of charge: what was a number stays one.
 */

static size_t
ngx_tiktok_phone_national(ngx_tiktok_phone_plan_t *plan, u_char *dst,
    u_char *p, size_t len)
{
    char                     *insert;
    size_t                    n;
    u_char                   *d;
    ngx_uint_t                i;
    ngx_tiktok_phone_rule_t  *rule;

    d = NULL;

    for (i = 0; i < plan->nrules; i++) {
        rule = &ngx_tiktok_phone_rules[plan->rules + i];

        n = ngx_tiktok_phone_longest(rule->set, p, len);

        if (n == 0 || (rule->whole && n != len)) {
            continue;
        }

        insert = rule->insert;

        d = ngx_cpymem(dst, insert, ngx_strlen(insert));
        d = ngx_cpymem(d, p + rule->drop, n - rule->drop - rule->cut);
        d = ngx_cpymem(d, p + n, len - n);

        break;
    }

    if (d == NULL) {
        n = ngx_tiktok_phone_longest(plan->trunk, p, len);
        d = ngx_cpymem(dst, p + n, len - n);
    }

    if (ngx_tiktok_phone_is(plan->own, p, len)
        && !ngx_tiktok_phone_is(plan->own, dst, d - dst))
    {
        d = ngx_cpymem(dst, p, len);
    }

    return d - dst;
}


static u_char *
ngx_tiktok_phone_write(u_char *dst, ngx_uint_t code, ngx_uint_t numbers,
    u_char *number, size_t len)
{
    u_char  *p;
    u_char   digits[NGX_INT_T_LEN];

    if (!ngx_tiktok_phone_is(numbers, number, len)) {
        return NULL;
    }

    p = ngx_sprintf(digits, "%ui", code);

    if (p - digits + len > NGX_TIKTOK_PHONE_E164) {
        return NULL;
    }

    *dst++ = '+';
    dst = ngx_cpymem(dst, digits, p - digits);

    return ngx_cpymem(dst, number, len);
}


/* no calling code is the beginning of another */

static ngx_tiktok_phone_code_t *
ngx_tiktok_phone_code(u_char *p, size_t len, size_t *skip)
{
    size_t                    i;
    ngx_uint_t                n;
    ngx_tiktok_phone_code_t  *code;

    n = 0;

    for (i = 0; i < len && i < NGX_TIKTOK_PHONE_CODE_LEN; i++) {

        n = n * 10 + (p[i] - '0');
        code = ngx_tiktok_phone_code_find(n);

        if (n == 0 || code) {
            *skip = i + 1;
            return code;
        }
    }

    return NULL;
}


static ngx_tiktok_phone_code_t *
ngx_tiktok_phone_code_find(ngx_uint_t n)
{
    ngx_uint_t                low, high, i;
    ngx_tiktok_phone_code_t  *code;

    low = 0;
    high = NGX_TIKTOK_PHONE_CODES;

    while (low < high) {
        i = (low + high) / 2;
        code = &ngx_tiktok_phone_codes[i];

        if (n < code->code) {
            high = i;

        } else if (n > code->code) {
            low = i + 1;

        } else {
            return code;
        }
    }

    return NULL;
}


static ngx_uint_t
ngx_tiktok_phone_is(ngx_uint_t set, u_char *p, size_t len)
{
    return len && ngx_tiktok_phone_longest(set, p, len) == len;
}


/* how many of the digits the longest of a set takes up */

static size_t
ngx_tiktok_phone_longest(ngx_uint_t set, u_char *p, size_t len)
{
    size_t    i, longest;
    uint32_t  word;

    longest = 0;

    for (i = 0; i < len; i++) {

        do {
            word = ngx_tiktok_phone_states[set++];

        } while (!ngx_tiktok_phone_leads(word, p[i])
                 && !ngx_tiktok_phone_last(word));

        if (!ngx_tiktok_phone_leads(word, p[i])) {
            break;
        }

        set = ngx_tiktok_phone_next(word);

        if (ngx_tiktok_phone_accepts(ngx_tiktok_phone_states[set])) {
            longest = i + 1;
        }
    }

    return longest;
}
