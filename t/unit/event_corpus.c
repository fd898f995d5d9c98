
/*
 * Copyright (C) ngx_tiktok_module authors
 *
 * Texts that are JSON by RFC 8259, and texts that are not.  Where the RFC
 * leaves a choice (surrogates without a partner, NUL, names that come twice,
 * numbers beyond a double, depth), the rows say what was chosen.
 */


#include "event.h"
#include "ngx_tiktok_utf8.h"

#include <stdio.h>


#define END      "unexpected end"
#define BYTE     "unexpected character"
#define AFTER    "bytes after the JSON text"
#define CONTROL  "control character in a string"
#define ESCAPE   "invalid escape in a string"
#define ZERO     "NUL in a string"
#define HALF     "unpaired surrogate"
#define UTF8     "invalid UTF-8"
#define TWICE    "duplicate name in an object"
#define DEEP     "nesting is too deep"


#define yes(text)        { text, sizeof(text) - 1, NULL }
#define no(error, text)  { text, sizeof(text) - 1, error }


typedef struct {
    const char  *text;
    size_t       len;
    const char  *error;             /* NULL where it is good */
} row_t;


typedef struct {
    const char   *name;
    const row_t  *rows;
    ngx_uint_t    n;
} group_t;


static const row_t  documents[] = {
    yes("{}"), yes("[]"), yes("0"), yes("true"), yes("false"), yes("null"),
    yes("\"\""), yes("\"a\""), yes("[0]"), yes("{\"a\":0}"),
    yes("-1"), yes("1.5"), yes("[[]]"), yes("[{}]"),
    no(END, ""), no(END, " "), no(END, "\n"), no(END, "\t \r\n"),
    no(BYTE, "a"), no(BYTE, "x{}"), no(BYTE, "?"), no(BYTE, "()"),
    no(BYTE, "<a/>"), no(BYTE, "event=Purchase"), no(BYTE, "$"),
    no(BYTE, "\0"), no(BYTE, "\0{}"), no(AFTER, "{}\0"), no(AFTER, "1\0"),
    no(BYTE, "\x7f"), no(BYTE, "\x1f"), no(BYTE, "\x80"), no(BYTE, "\xff"),
    no(BYTE, "\xef\xbb\xbf{}"), no(BYTE, "\xef\xbb\xbf"),
    no(BYTE, "\xfe\xff\0{\0}"), no(BYTE, "\xff\xfe{\0}\0"),
    no(BYTE, "\0{\0}"), no(BYTE, "{\0}\0"),
    no(AFTER, "{}{}"), no(AFTER, "[][]"), no(AFTER, "{} {}"),
    no(AFTER, "{}\n{}"), no(AFTER, "[]]"), no(AFTER, "{}}"),
    no(AFTER, "{},"), no(AFTER, "[],[]"), no(AFTER, "1 2"),
    no(AFTER, "0 0"), no(AFTER, "\"a\" \"b\""), no(AFTER, "null null"),
    no(AFTER, "{}x"), no(AFTER, "{}#"), no(AFTER, "{};"), no(AFTER, "[1]//"),
    no(AFTER, "{}\x80"), no(AFTER, "{}\xef\xbb\xbf"), no(AFTER, "{}\f"),
    no(AFTER, "\"\"\"\""), no(AFTER, "\"a\"b"), no(AFTER, "true1"),
    no(AFTER, "nullnull"), no(AFTER, "truefalse")
};


static const row_t  blanks[] = {
    yes(" {}"), yes("{} "), yes("\t[]"), yes("\n[]"), yes("\r[]"),
    yes("[]\t"), yes("[]\n"), yes("[]\r"), yes("\r\n{ }\r\n"),
    yes(" \t\r\n[ \t\r\n] \t\r\n"), yes("[ 1 ]"), yes("[ 1 , 2 ]"),
    yes("[\n1\n,\n2\n]"), yes("{ \"a\" : 1 }"), yes("{\"a\" :1}"),
    yes("{\"a\": 1}"), yes("{ \"a\":1}"), yes("{\"a\":1 }"),
    yes("{\"a\":1 ,\"b\":2}"), yes("{\"a\":1, \"b\":2}"),
    yes("{\"a\":\t[\r\n]\n}"), yes(" 1"), yes("1 "), yes(" \"a\" "),
    yes(" true "), yes("[ null ]"), yes("[\t-0.5e1\t]"),
    no(BYTE, "\v[]"), no(BYTE, "\f[]"), no(BYTE, "[\f]"), no(BYTE, "[\v1]"),
    no(BYTE, "\b[]"), no(BYTE, "\xc2\xa0[]"), no(BYTE, "[\xc2\xa0]"),
    no(BYTE, "[1\xc2\xa0,2]"), no(BYTE, "\xe2\x80\xa8[]"),
    no(BYTE, "\xe2\x80\x83[]"), no(BYTE, "\xe3\x80\x80[]"),
    no(BYTE, "[\xe2\x81\xa0]"), no(BYTE, "[\xef\xbb\xbf]"),
    no(BYTE, "[\xc2\x85]"), no(BYTE, "{\0}"), no(BYTE, "[\0]"),
    no(BYTE, "[1\0]"), no(BYTE, "{\"a\"\0:1}"), no(BYTE, "{\"a\":\0" "1}"),
    no(BYTE, "[1,\0" "2]"), no(BYTE, "[\x1f]"), no(BYTE, "[\x01]"),
    no(BYTE, "- 1"), no(AFTER, "1 .5"),
    no(BYTE, "t rue"), no(BYTE, "tr\nue")
};


static const row_t  arrays[] = {
    yes("[1]"), yes("[1,2]"), yes("[1,2,3,4,5]"), yes("[[],[]]"),
    yes("[[1],[2]]"), yes("[{},[]]"), yes("[\"a\",1,true,null,{},[]]"),
    yes("[\"\"]"), yes("[[[[]]]]"), yes("[null,null]"), yes("[false]"),
    yes("[1.0,-1e2]"), yes("[{\"a\":[{\"b\":[]}]}]"),
    no(END, "["), no(END, "[["), no(END, "[1"), no(END, "[1,"),
    no(END, "[1,2"), no(END, "[[]"), no(END, "[[],"), no(END, "[\"a\""),
    no(END, "[\"a\","), no(END, "[ "), no(END, "[1 "), no(END, "[1, "),
    no(END, "[{}"), no(END, "[{},"), no(END, "[null"),
    no(BYTE, "]"), no(BYTE, "[,]"), no(BYTE, "[,1]"), no(BYTE, "[1,]"),
    no(BYTE, "[1,,2]"), no(BYTE, "[,,]"), no(BYTE, "[1,,]"),
    no(BYTE, "[1 2]"), no(BYTE, "[1\n2]"), no(BYTE, "[\"a\" \"b\"]"),
    no(BYTE, "[\"a\"\"b\"]"), no(BYTE, "[[][]]"), no(BYTE, "[{}{}]"),
    no(BYTE, "[1;2]"), no(BYTE, "[1:2]"), no(BYTE, "[\"a\":1]"),
    no(BYTE, "[1}"), no(BYTE, "[}"), no(BYTE, "[1,}"), no(BYTE, "[{]"),
    no(BYTE, "[{]}"), no(BYTE, "[[1}]"), no(BYTE, "[a]"),
    no(BYTE, "[...]"), no(BYTE, "[1, ...]"), no(BYTE, "[*]"),
    no(BYTE, "[:]"), no(BYTE, "[=]"), no(BYTE, "[1=2]"),
    no(BYTE, "[\"a\",\n,\"b\"]"), no(AFTER, "[1],"), no(BYTE, "[1)")
};


static const row_t  objects[] = {
    yes("{\"a\":1}"), yes("{\"a\":1,\"b\":2}"), yes("{\"\":1}"),
    yes("{\" \":1}"), yes("{\"a\":{}}"), yes("{\"a\":[]}"),
    yes("{\"a\":\"b\"}"), yes("{\"a\":null}"), yes("{\"a\":true}"),
    yes("{\"a\":{\"a\":{\"a\":1}}}"), yes("{\"a\":[1,{\"a\":2}]}"),
    yes("{\"a\":1,\"A\":2}"), yes("{\"a\":1,\"a \":2}"),
    yes("{\"a\":1,\"aa\":2,\"ab\":3}"), yes("{\"ab\":1,\"a\":2,\"\":3}"),
    yes("{\"\\u0061\":1}"), yes("{\"a\\\"b\":1}"), yes("{\"a\\nb\":1}"),
    yes("{\"\xc3\xa9\":1}"), yes("{\"\xc3\xa9\":1,\"e\xcc\x81\":2}"),
    yes("{\"null\":null}"), yes("{\"1\":1}"), yes("{\"x\":1,\"y\":{\"x\":2}}"),
    yes("[{\"a\":1},{\"a\":2}]"), yes("{\"__proto__\":1}"),
    no(END, "{"), no(END, "{ "), no(END, "{\"a\""), no(END, "{\"a\":"),
    no(END, "{\"a\":1"), no(END, "{\"a\":1,"), no(END, "{\"a\":1,\"b\""),
    no(END, "{\"a\":1,\"b\":"), no(END, "{\"a\":{}"), no(END, "{\"a\":{"),
    no(END, "{\"a\":["), no(END, "{\"a\":\""), no(END, "{\"a"),
    no(END, "{\""), no(END, "{\"a\" "), no(END, "{\"a\": "),
    no(BYTE, "}"), no(BYTE, "{,}"), no(BYTE, "{:}"), no(BYTE, "{]"),
    no(BYTE, "{\"a\"}"), no(BYTE, "{\"a\":}"), no(BYTE, "{:1}"),
    no(BYTE, "{\"a\" 1}"), no(BYTE, "{\"a\",1}"), no(BYTE, "{\"a\"=1}"),
    no(BYTE, "{\"a\"=>1}"), no(BYTE, "{\"a\"::1}"), no(BYTE, "{\"a\":1:2}"),
    no(BYTE, "{\"a\":1,}"), no(BYTE, "{,\"a\":1}"),
    no(BYTE, "{\"a\":1,,\"b\":2}"), no(BYTE, "{\"a\":1;\"b\":2}"),
    no(BYTE, "{\"a\":1 \"b\":2}"), no(BYTE, "{\"a\":1\n\"b\":2}"),
    no(BYTE, "{\"a\":1]"), no(BYTE, "{\"a\":[}"), no(BYTE, "{\"a\":1,]"),
    no(BYTE, "{a:1}"), no(BYTE, "{'a':1}"), no(BYTE, "{`a`:1}"),
    no(BYTE, "{1:1}"), no(BYTE, "{null:1}"), no(BYTE, "{true:1}"),
    no(BYTE, "{[]:1}"), no(BYTE, "{{}:1}"), no(BYTE, "{-:1}"),
    no(BYTE, "{\"a\":1,b:2}"), no(BYTE, "{\"a\":1,2:3}"),
    no(BYTE, "{\"a\":\"b\" \"c\"}"), no(BYTE, "{\"a\":'b'}"),
    no(BYTE, "{\"a\":b}"), no(AFTER, "{\"a\":1}}"),
    no(BYTE, "{\"a\":1)"), no(BYTE, "{\"a\":/**/1}"), no(BYTE, "{/**/}"),
    no(BYTE, "{//\n}"), no(BYTE, "{#\n}"), no(BYTE, "{\"a\":undefined}"),
    no(BYTE, "{\"a\":NaN}"), no(BYTE, "{\"a\":function(){}}"),
    no(BYTE, "{\"a\":new Date()}"), no(BYTE, "{...}"), no(BYTE, "{\"a\"..}"),
    no(TWICE, "{\"a\":1,\"a\":1}"), no(TWICE, "{\"a\":1,\"a\":2}"),
    no(TWICE, "{\"a\":1,\"b\":2,\"a\":3}"), no(TWICE, "{\"\":1,\"\":2}"),
    no(TWICE, "{\"a\":1,\"\\u0061\":2}"), no(TWICE, "{\"a\":null,\"a\":1}"),
    no(TWICE, "{\"x\":{\"a\":1,\"a\":2}}"), no(TWICE, "[{\"a\":1,\"a\":2}]"),
    no(TWICE, "{\"\\/\":1,\"/\":2}"), no(TWICE, "{\"ab\":1,\"ac\":2,\"ab\":3}"),
    no(TWICE, "{\"\xc3\xa9\":1,\"\\u00e9\":2}"),
    no(TWICE, "{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":2}")
};


static const row_t  literals[] = {
    yes("[true,false,null]"), yes("[true]"), yes("[false]"), yes("[null]"),
    no(BYTE, "t"), no(BYTE, "tr"), no(BYTE, "tru"), no(BYTE, "f"),
    no(BYTE, "fals"), no(BYTE, "n"), no(BYTE, "nul"), no(BYTE, "True"),
    no(BYTE, "TRUE"), no(BYTE, "tRUE"), no(BYTE, "False"), no(BYTE, "FALSE"),
    no(BYTE, "Null"), no(BYTE, "NULL"), no(BYTE, "nil"), no(BYTE, "none"),
    no(BYTE, "None"), no(BYTE, "yes"), no(BYTE, "on"), no(BYTE, "undefined"),
    no(BYTE, "NaN"), no(BYTE, "nan"), no(BYTE, "Infinity"), no(BYTE, "inf"),
    no(BYTE, "-Infinity"), no(BYTE, "-inf"), no(BYTE, "-NaN"),
    no(BYTE, "+Infinity"), no(BYTE, "[tru]"), no(BYTE, "[nul]"),
    no(BYTE, "[truth]"), no(BYTE, "[true"  "x]"), no(BYTE, "[nulll]"),
    no(BYTE, "[true false]"), no(BYTE, "[!true]"), no(BYTE, "[tr\\u0075e]"),
    no(AFTER, "truex"), no(AFTER, "falsey"), no(AFTER, "nullx"),
    no(AFTER, "true,"), no(AFTER, "true]"), no(AFTER, "null\0")
};


static const row_t  numbers[] = {
    yes("0"), yes("-0"), yes("1"), yes("-1"), yes("9"), yes("10"),
    yes("1234567890"), yes("0.0"), yes("0.5"), yes("-0.5"), yes("1.0"),
    yes("10.01"), yes("0.000001"), yes("1e1"), yes("1E1"), yes("1e+1"),
    yes("1E+1"), yes("1e-1"), yes("1E-1"), yes("0e0"), yes("0e1"),
    yes("0E+0"), yes("0.0e-0"), yes("-0e-0"), yes("1.5e10"), yes("1.5E-10"),
    yes("1e00"), yes("1e01"), yes("1e-007"), yes("1e308"), yes("1e309"),
    yes("-1e309"), yes("1e400"), yes("1e-400"), yes("1e99999999999999999999"),
    yes("-1e-99999999999999999999"), yes("123456789012345"),
    yes("1234567890123456"), yes("-12345678901234567890"),
    yes("9007199254740993"), yes("18446744073709551616"),
    yes("0.1234567890123456789"), yes("3.14159265358979323846264338"),
    yes("100000000000000000000000000000000000000000000000000000000000000000"),
    yes("0.00000000000000000000000000000000000000000000000000000000000000001"),
    yes("1e000000000000000000000000000000000000000000000000000000000000000001"),
    yes("[0,-0,0.0,-0.0]"), yes("[1e5,2E5]"), yes("{\"a\":-1.25e-3}"),
    yes("[4.9e-324,1.7976931348623157e308,2.2250738585072014e-308]"),
    no(BYTE, "-"), no(BYTE, "+"), no(BYTE, "."), no(BYTE, "e"), no(BYTE, "E1"),
    no(BYTE, "--1"), no(BYTE, "-+1"), no(BYTE, "+1"), no(BYTE, "++1"),
    no(BYTE, "+-1"), no(BYTE, "-a"), no(BYTE, "-."), no(BYTE, "-.5"),
    no(BYTE, ".5"), no(BYTE, "[.5]"), no(BYTE, "1."), no(BYTE, "[1.]"),
    no(BYTE, "-1."), no(BYTE, "0."), no(BYTE, "1.e1"), no(BYTE, "1.e"),
    no(BYTE, "1.a"), no(BYTE, "1.-5"), no(BYTE, "[1..5]"), no(AFTER, "1.5."),
    no(AFTER, "1.5.5"), no(BYTE, "1e"), no(BYTE, "1E"), no(BYTE, "1e+"),
    no(BYTE, "1e-"), no(BYTE, "1ee1"), no(BYTE, "1e+-1"), no(BYTE, "1e++1"),
    no(BYTE, "1e.5"), no(AFTER, "1e1.5"), no(AFTER, "1e1e1"), no(BYTE, "0e"),
    no(BYTE, "0.5e"), no(BYTE, "[1eE2]"), no(BYTE, "[1e 2]"),
    no(AFTER, "00"), no(AFTER, "01"), no(AFTER, "-01"), no(AFTER, "007"),
    no(BYTE, "[00]"), no(BYTE, "[-00]"), no(BYTE, "[01]"), no(BYTE, "[-01.5]"),
    no(BYTE, "[00.5]"), no(AFTER, "0x1"), no(BYTE, "[0x1F]"),
    no(BYTE, "[0b1]"), no(BYTE, "[0o7]"), no(BYTE, "[1f]"), no(BYTE, "[1n]"),
    no(BYTE, "[1L]"), no(BYTE, "[1d]"), no(BYTE, "[1_000]"),
    no(BYTE, "[1 000]"), no(BYTE, "[1'000]"), no(BYTE, "[1,000]"),
    no(AFTER, "1,5"), no(BYTE, "[1/2]"), no(BYTE, "[1+1]"), no(BYTE, "[1-1]"),
    no(BYTE, "[1%]"), no(BYTE, "[$1]"), no(BYTE, "[\xe2\x82\xac" "1]"),
    no(BYTE, "[1\xe2\x82\xac]"), no(BYTE, "[\xef\xbc\x91]"),
    no(BYTE, "[\xd9\xa1]"), no(BYTE, "[\xe2\x88\x92" "1]"),
    no(BYTE, "[1\xd9\xab" "5]"), no(BYTE, "[1\x80]"), no(BYTE, "[-\x80]"),
    no(BYTE, "[1.\x80]"), no(BYTE, "[1e\x80]"), no(BYTE, "[1e1\x80]"),
    no(BYTE, "[1.5\0]"), no(BYTE, "[-\0]"), no(BYTE, "[1e\0]"),
    no(END, "[1e5"), no(END, "[-0"), no(END, "[0.5"), no(END, "{\"a\":1e5"),
    no(BYTE, "[1e5-]"), no(BYTE, "[1.0.0]"), no(BYTE, "[.]"),
    no(BYTE, "[1 .0]"), no(BYTE, "[1. 0]"), no(BYTE, "[- 1]")
};


static const row_t  strings[] = {
    yes("\"\""), yes("\" \""), yes("\"a b\""), yes("\"/\""), yes("\"//\""),
    yes("\"/* */\""), yes("\"'\""), yes("\"{}[]:,\""), yes("\"\x7f\""),
    yes("\"null\""), yes("\"1\""), yes("\"1234567\""), yes("\"12345678\""),
    yes("\"123456789\""), yes("\"plain text of 16 b\""),
    yes("\"1234567\\\"\""), yes("\"12345678\\\\\""), yes("\"123456789\\n\""),
    yes("\"\\\"\""), yes("\"\\\\\""), yes("\"\\/\""), yes("\"\\b\""),
    yes("\"\\f\""), yes("\"\\n\""), yes("\"\\r\""), yes("\"\\t\""),
    yes("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), yes("\"\\\\\\\\\""),
    yes("\"\\\\\\\"\""), yes("\"\\\\n\""), yes("\"a\\\\u0000\""),
    yes("\"\\u0001\""), yes("\"\\u001f\""), yes("\"\\u0041\""),
    yes("\"\\u00e9\""), yes("\"\\u00E9\""), yes("\"\\uabcd\""),
    yes("\"\\uABCD\""), yes("\"\\uAbCd\""), yes("\"\\u2028\\u2029\""),
    yes("\"\\ufeff\""), yes("\"\\ufffe\""), yes("\"\\uffff\""),
    yes("\"\\ufdd0\""), yes("\"\\u0060\\u012a\\u12AB\""),
    yes("\"\\u0041b\""), yes("\"\\u00410\""), yes("\"\\ud7ff\""),
    yes("\"\\ue000\""), yes("\"\\ud800\\udc00\""), yes("\"\\uD800\\uDC00\""),
    yes("\"\\udbff\\udfff\""), yes("\"\\uD83D\\ude00x\""),
    yes("\"\\ud83d\\ude00\\ud83d\\ude00\""), yes("\"x\\ud834\\udd1e\""),
    no(END, "\""), no(END, "\"a"), no(END, "\"1234567"), no(END, "\"12345678"),
    no(END, "\"123456789"), no(END, "\"\\"), no(END, "\"a\\"),
    no(END, "\"\\\""), no(END, "\"\\\\\\\""), no(END, "[\"a]"),
    no(END, "{\"a:1}"), no(BYTE, "'a'"), no(BYTE, "'"), no(BYTE, "`a`"),
    no(BYTE, "[\"a\"b\"]"), no(BYTE, "\\\"a\\\""), no(BYTE, "[\\n]"),
    no(BYTE, "\xe2\x80\x9c" "a\xe2\x80\x9d"), no(BYTE, "\xc2\xab" "a\xc2\xbb"),
    no(BYTE, "[\\u0022a\\u0022]"), no(AFTER, "\"a\\\\\"\""),
    no(CONTROL, "\"\n\""), no(CONTROL, "\"\r\""), no(CONTROL, "\"\t\""),
    no(CONTROL, "\"\0\""), no(CONTROL, "\"a\0b\""), no(CONTROL, "\"\x01\""),
    no(CONTROL, "\"\x08\""), no(CONTROL, "\"\x0b\""), no(CONTROL, "\"\x0c\""),
    no(CONTROL, "\"\x1b\""), no(CONTROL, "\"\x1f\""), no(CONTROL, "\"a\n"),
    no(CONTROL, "\"1234567\x1f\""), no(CONTROL, "\"12345678\x1f\""),
    no(CONTROL, "{\"a\nb\":1}"), no(CONTROL, "[\"a\tb\"]"),
    no(ESCAPE, "\"\\a\""), no(ESCAPE, "\"\\v\""), no(ESCAPE, "\"\\0\""),
    no(ESCAPE, "\"\\x41\""), no(ESCAPE, "\"\\'\""), no(ESCAPE, "\"\\ \""),
    no(ESCAPE, "\"\\\n\""), no(ESCAPE, "\"\\\0\""), no(ESCAPE, "\"\\N\""),
    no(ESCAPE, "\"\\T\""), no(ESCAPE, "\"\\U0041\""), no(ESCAPE, "\"\\e\""),
    no(ESCAPE, "\"\\1\""), no(ESCAPE, "\"\\{\""), no(ESCAPE, "\"\\\x80\""),
    no(ESCAPE, "\"\\\xc3\xa9\""), no(ESCAPE, "\"\\\xf0\x9f\x98\x80\""),
    no(ESCAPE, "\"\\u\""), no(ESCAPE, "\"\\u"), no(ESCAPE, "\"\\u0"),
    no(ESCAPE, "\"\\u00"), no(ESCAPE, "\"\\u004"), no(ESCAPE, "\"\\u004\""),
    no(ESCAPE, "\"\\u00\""), no(ESCAPE, "\"\\u12G4\""),
    no(ESCAPE, "\"\\uG123\""), no(ESCAPE, "\"\\u123G\""),
    no(ESCAPE, "\"\\u-123\""), no(ESCAPE, "\"\\u+123\""),
    no(ESCAPE, "\"\\u 123\""), no(ESCAPE, "\"\\u0x41\""),
    no(ESCAPE, "\"\\u{41}\""), no(ESCAPE, "\"\\u00\xc3\xa9\""),
    no(ESCAPE, "\"\\u\\u0041\""),
    no(ZERO, "\"\\u0000\""), no(ZERO, "\"a\\u0000b\""),
    no(ZERO, "{\"\\u0000\":1}"), no(ZERO, "{\"a\\u0000\":1,\"a\":2}"),
    no(HALF, "\"\\ud800\""), no(HALF, "\"\\udbff\""), no(HALF, "\"\\udc00\""),
    no(HALF, "\"\\udfff\""), no(HALF, "\"\\ud800x\""),
    no(HALF, "\"\\ud800\\n\""), no(HALF, "\"\\ud800\\\""),
    no(HALF, "\"\\ud800\\u0041\""), no(HALF, "\"\\ud800\\ud800\""),
    no(HALF, "\"\\udc00\\ud800\""), no(HALF, "\"\\udc00\\udc00\""),
    no(HALF, "\"\\ud800\\ue000\""), no(HALF, "\"\\ud800 \\udc00\""),
    no(HALF, "\"\\ud800\\u\""), no(HALF, "\"\\ud800\\uDC0\""),
    no(HALF, "\"\\ud800\\uDC0G\""), no(HALF, "\"\\ud83d"),
    no(HALF, "\"\\ud83d\\"), no(HALF, "\"\\ud83d\\u"),
    no(HALF, "\"\\ud83d\\ude0"), no(HALF, "{\"\\ud800\":1}"),
    no(HALF, "\"\\ud83d\\ude00\\ud83d\"")
};


static const row_t  utf8[] = {
    yes("\"\xc2\x80\""), yes("\"\xc3\xa9\""), yes("\"\xdf\xbf\""),
    yes("\"\xe0\xa0\x80\""), yes("\"\xe2\x82\xac\""), yes("\"\xe2\x80\xa8\""),
    yes("\"\xe2\x80\xa9\""), yes("\"\xed\x9f\xbf\""), yes("\"\xee\x80\x80\""),
    yes("\"\xef\xb7\x90\""), yes("\"\xef\xbb\xbf\""), yes("\"\xef\xbf\xbd\""),
    yes("\"\xef\xbf\xbe\""), yes("\"\xef\xbf\xbf\""),
    yes("\"\xf0\x90\x80\x80\""), yes("\"\xf0\x9f\x98\x80\""),
    yes("\"\xf0\x9f\xbf\xbf\""), yes("\"\xf4\x8f\xbf\xbf\""),
    yes("\"1234567\xc3\xa9\""), yes("\"12345678\xc3\xa9\""),
    yes("\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""), yes("{\"\xc3\xa9\":1}"),
    no(UTF8, "\"\x80\""), no(UTF8, "\"\xbf\""), no(UTF8, "\"a\x80\""),
    no(UTF8, "\"\xc0\x80\""), no(UTF8, "\"\xc0\xaf\""),
    no(UTF8, "\"\xc1\xbf\""), no(UTF8, "\"\xc3\""), no(UTF8, "\"\xc3"),
    no(UTF8, "\"\xc3(\""), no(UTF8, "\"\xc3\xc3\""), no(UTF8, "\"\xc3\0\""),
    no(UTF8, "\"\xc3\\u00a9\""), no(UTF8, "\"\xdf\""),
    no(UTF8, "\"\xe0\x80\x80\""), no(UTF8, "\"\xe0\x80\xaf\""),
    no(UTF8, "\"\xe0\x9f\xbf\""), no(UTF8, "\"\xe2\""),
    no(UTF8, "\"\xe2\x82\""),
    no(UTF8, "\"\xe2\x82"), no(UTF8, "\"\xe2(\xac\""),
    no(UTF8, "\"\xe2\x82(\""), no(UTF8, "\"\xed\xa0\x80\""),
    no(UTF8, "\"\xed\xaf\xbf\""), no(UTF8, "\"\xed\xb0\x80\""),
    no(UTF8, "\"\xed\xbf\xbf\""), no(UTF8, "\"\xed\xa0\xbd\xed\xb8\x80\""),
    no(UTF8, "\"\xf0\""), no(UTF8, "\"\xf0\x9f\""),
    no(UTF8, "\"\xf0\x9f\x98\""),
    no(UTF8, "\"\xf0\x9f\x98"), no(UTF8, "\"\xf0\x80\x80\x80\""),
    no(UTF8, "\"\xf0\x82\x82\xac\""), no(UTF8, "\"\xf0\x8f\xbf\xbf\""),
    no(UTF8, "\"\xf0(\x98\x80\""), no(UTF8, "\"\xf0\x9f(\x80\""),
    no(UTF8, "\"\xf0\x9f\x98(\""), no(UTF8, "\"\xf4\x90\x80\x80\""),
    no(UTF8, "\"\xf5\x80\x80\x80\""), no(UTF8, "\"\xf7\xbf\xbf\xbf\""),
    no(UTF8, "\"\xf8\x88\x80\x80\x80\""), no(UTF8, "\"\xfb\xbf\xbf\xbf\xbf\""),
    no(UTF8, "\"\xfc\x84\x80\x80\x80\x80\""), no(UTF8, "\"\xfe\""),
    no(UTF8, "\"\xff\""), no(UTF8, "\"\xfe\xff\""), no(UTF8, "\"M\xfcller\""),
    no(UTF8, "\"\x80\x81\x82\x83\x84\x85\x86\x87\""), no(UTF8, "{\"\xff\":1}"),
    no(UTF8, "{\"a\":\"\xff\"}"), no(UTF8, "[\"\xc3\"]"),
    no(UTF8, "\"1234567\xff\""), no(UTF8, "\"12345678\xff\""),
    no(UTF8, "\"\xc3\xa9\xa9\""), no(UTF8, "\"a\xe9\""), no(UTF8, "\"\xa0\"")
};


/* DEPTH is 16 */

static const row_t  depths[] = {
    yes("[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]"),
    yes("[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]"),
    yes("[[[[[[[[[[[[[[[{\"a\":1}]]]]]]]]]]]]]]]"),
    yes("{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":[[[[[[[["
        "]]]]]]]]}}}}}}}}"),
    no(DEEP, "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]"),
    no(DEEP, "[[[[[[[[[[[[[[[[{}]]]]]]]]]]]]]]]]"),
    no(DEEP, "[[[[[[[[[[[[[[[[["),
    no(DEEP, "[[[[[[[[[[[[[[[{\"a\":[]}]]]]]]]]]]]]]]]"),
    no(DEEP, "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":[[[[[[[[["
       "]]]]]]]]]}}}}}}}}"),
    no(END, "[[[[[[[[[[[[[[[["), no(END, "[[[[[[[[[[[[[[[[]"),
    no(AFTER, "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]")
};


#define group(rows)  { #rows, rows, unit_count(rows) }

static const group_t  groups[] = {
    group(documents), group(blanks), group(arrays), group(objects),
    group(literals), group(numbers), group(strings), group(utf8),
    group(depths)
};


/* the name of a check: a text as C has it */

static char *
quoted(const char *text, size_t len)
{
    char    *p;
    u_char   c;

    static char  buf[4 * 128];

    p = buf;

    for ( /* void */ ; len && p < buf + sizeof(buf) - 5; len--) {
        c = (u_char) *text++;

        if (c < ' ' || c > '~' || c == '#') {
            p += sprintf(p, "\\x%02x", c);

        } else {
            *p++ = (char) c;
        }
    }

    *p = '\0';

    return buf;
}


/* NULL where a text is accepted, or why it was not */

static const char *
refused(const char *text, size_t len)
{
    ngx_int_t           rc;
    ngx_str_t           copy;
    ngx_tiktok_json_t   json;

    copy = unit_exact(text, len);
    rc = unit_parse(&copy, &json);

    if (rc == NGX_OK && json.root && !json.spilled) {
        json.error = NULL;

    } else if (rc != NGX_DECLINED || json.root || json.error == NULL) {
        json.error = "neither good nor bad";
    }

    ngx_tiktok_json_destroy(&json);
    free(copy.data);

    return json.error;
}


static void
test_rows(void)
{
    const char     *error;
    ngx_uint_t      i, k;
    const row_t    *row;
    const group_t  *group;

    for (i = 0; i < unit_count(groups); i++) {
        group = &groups[i];

        for (k = 0; k < group->n; k++) {
            row = &group->rows[k];
            error = refused(row->text, row->len);

            if (row->error == NULL) {
                unit_ok(error == NULL, "%s: %s is JSON", group->name,
                        quoted(row->text, row->len));
                continue;
            }

            unit_ok(error && strcmp(error, row->error) == 0,
                    "%s: %s is not: %s", group->name,
                    quoted(row->text, row->len), row->error);

            if (error == NULL || strcmp(error, row->error) != 0) {
                printf("# got: %s\n", error ? error : "accepted");
            }
        }
    }
}


/* each byte in each place: "@" stands for it, and these are the good ones */

static void
test_bytes(void)
{
    char        *at;
    char         text[32];
    size_t       len;
    ngx_int_t    c;
    ngx_uint_t   i, good, wrong;

    static const struct {
        const char  *text;
        const char  *good;
    } places[] = {
        { "@", "0123456789" },
        { "[]@", "\t\n\r " },
        { "@[]", "\t\n\r " },
        { "[@1]", "\t\n\r -123456789" },
        { "[1@]", "\t\n\r 0123456789" },
        { "[1@2]", ",.eE0123456789" },
        { "[-@]", "0123456789" },
        { "[0.@]", "0123456789" },
        { "[0@]", "\t\n\r " },
        { "[1e@]", "0123456789" },
        { "[1e@1]", "+-0123456789" },
        { "[true@]", "\t\n\r " },
        { "[\"a\"@]", "\t\n\r " },
        { "[[]@[]]", "," },
        { "{@\"a\":1}", "\t\n\r " },
        { "{\"a\"@1}", ":" },
        { "{\"a\"@:1}", "\t\n\r " },
        { "{\"a\":@1}", "\t\n\r -123456789" },
        { "{\"a\":1@}", "\t\n\r 0123456789" },
        { "{\"a\":1@\"b\":1}", "," },
        { "{\"a\":1,@\"b\":1}", "\t\n\r " },
        { "\"\\@\"", "\"\\/bfnrt" },
        { "\"\\u004@\"", "0123456789abcdefABCDEF" }
    };

    for (i = 0; i < unit_count(places); i++) {
        len = strlen(places[i].text);
        wrong = 0;

        for (c = 0; c < 256; c++) {
            memcpy(text, places[i].text, len);
            at = memchr(text, '@', len);
            *at = (char) c;

            good = (c && strchr(places[i].good, (int) c) != NULL);
            wrong += (good != (refused(text, len) == NULL));
        }

        unit_ok(wrong == 0, "each byte for the @ in %s", places[i].text);
    }

    wrong = 0;

    for (c = 0; c < 256; c++) {
        memcpy(text, "\"@\"", 3);
        text[1] = (char) c;
        good = (c >= 0x20 && c < 0x80 && c != '"' && c != '\\');
        wrong += (good != (refused(text, 3) == NULL));
    }

    unit_ok(wrong == 0, "each byte in a string");
}


/* what has no end is not JSON, wherever it was cut */

static void
test_prefixes(void)
{
    size_t      i;
    ngx_uint_t  wrong;

    static const char  text[] =
        "{\"event\":\"Purchase\",\"event_id\":\"order.1\",\"page\":{"
        "\"url\":\"https:\\/\\/s\\u00e9\\ud83d\\ude00\"},\"user\":{\"email\":["
        "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\",null]},\"properties\":{"
        "\"value\":-129.97e-1,\"a\":[true,false,{},[]],"
        "\"n\":12345678901234567890}}";

    wrong = 0;

    for (i = 0; i < sizeof(text) - 1; i++) {
        wrong += (refused(text, i) == NULL);
    }

    unit_ok(refused(text, i) == NULL, "an event");
    unit_ok(wrong == 0, "none of its %d beginnings", (int) i);
}


/* the grammar of RFC 3629 */

static ngx_uint_t
utf8_good(const u_char *p, size_t len)
{
    ngx_uint_t  i, min, max, n;

    if (p[0] >= 0xc2 && p[0] <= 0xdf) {
        n = 2;

    } else if (p[0] >= 0xe0 && p[0] <= 0xef) {
        n = 3;

    } else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        n = 4;

    } else {
        return 0;
    }

    if (len != n) {
        return 0;
    }

    min = (p[0] == 0xe0) ? 0xa0 : (p[0] == 0xf0) ? 0x90 : 0x80;
    max = (p[0] == 0xed) ? 0x9f : (p[0] == 0xf4) ? 0x8f : 0xbf;

    for (i = 1; i < n; i++) {
        if (p[i] < min || p[i] > max) {
            return 0;
        }

        min = 0x80;
        max = 0xbf;
    }

    return 1;
}


static void
test_utf8(void)
{
    u_char       text[8];
    ngx_uint_t   a, b, c, d, n, wrong;

    static const u_char  edges[] = { 0x41, 0x7f, 0x80, 0xbf, 0xc0, 0xff };

    wrong = 0;
    n = 0;
    text[0] = '"';

    for (a = 0x80; a < 256; a++) {
        for (b = 0x7f; b < 256; b++) {
            text[1] = (u_char) a;
            text[2] = (u_char) b;
            text[3] = '"';
            wrong += (utf8_good(text + 1, 2)
                      != (refused((char *) text, 4) == NULL));

            for (c = 0; c < unit_count(edges); c++) {
                text[3] = edges[c];
                text[4] = '"';

                /* two bytes that are good, and an ASCII one */

                if (edges[c] >= 0x80 || !utf8_good(text + 1, 2)) {
                    wrong += (utf8_good(text + 1, 3)
                              != (refused((char *) text, 5) == NULL));
                }

                for (d = 2; d < 5; d++) {
                    text[4] = edges[d];
                    text[5] = '"';
                    n++;

                    if (edges[c] >= 0x80) {
                        wrong += ((utf8_good(text + 1, 4)
                                   || (utf8_good(text + 1, 2)
                                       && utf8_good(text + 3, 2)))
                                  != (refused((char *) text, 6) == NULL));
                    }
                }
            }
        }
    }

    unit_ok(wrong == 0, "%d sequences of bytes by RFC 3629", (int) n);
}


/* each character, escaped: read, written and read again it is the same */

static void
test_characters(void)
{
    u_char               *p, expected[4];
    char                  text[16];
    uint32_t              c;
    ngx_str_t             source;
    ngx_uint_t            wrong;
    ngx_tiktok_json_t     json, again;
    ngx_tiktok_writer_t   w;

    wrong = 0;
    ngx_tiktok_writer_init(&w, unit_pool, 64);

    for (c = 1; c <= 0x10ffff; c++) {

        if (c < 0x10000) {
            sprintf(text, "\"\\u%04x\"", c);

        } else if (c % 97 == 0 || (c & 0x3ff) == 0 || (c & 0x3ff) == 0x3ff) {
            sprintf(text, "\"\\u%04X\\u%04x\"",
                    0xd800 + ((c - 0x10000) >> 10), 0xdc00 + (c & 0x3ff));

        } else {
            continue;
        }

        source = unit_str(text);

        if (unit_parse(&source, &json) != NGX_OK) {
            wrong += (c < 0xd800 || c > 0xdfff);
            continue;
        }

        p = ngx_tiktok_utf8_encode(expected, c);
        wrong += (strlen(json.root->valuestring) != (size_t) (p - expected)
                  || memcmp(json.root->valuestring, expected, p - expected)
                     != 0);

        w.pos = w.start;
        ngx_tiktok_write_string(&w, (u_char *) json.root->valuestring,
                                strlen(json.root->valuestring));
        source.data = w.start;
        source.len = w.pos - w.start;

        if (unit_parse(&source, &again) == NGX_OK) {
            wrong += (strcmp(json.root->valuestring, again.root->valuestring)
                      != 0);

        } else {
            wrong++;
        }

        ngx_tiktok_json_destroy(&json);
        ngx_tiktok_json_destroy(&again);
        ngx_reset_pool(unit_pool);
        ngx_tiktok_writer_init(&w, unit_pool, 64);
    }

    unit_ok(wrong == 0, "all characters are read and written");
}


void
unit_event_corpus(void)
{
    test_rows();
    test_bytes();
    test_prefixes();
    test_utf8();
    test_characters();
}
