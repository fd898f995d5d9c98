// Writes phone numbers and what libphonenumber makes of them, for t/phones.t:
// lines of country, number, 1 where the number is valid, and text.
//
//   node t/lib/phones.js KIND [NUMBERS of each type of each country]
//
// "valid" are numbers that exist as people write them, "broken" are those
// with a mistake in them.

'use strict';

const path = require('path');

const top = path.join(__dirname, '../..');
const library = path.join(top, 'build/npm/node_modules/libphonenumber-js');
const { metadata, parse } = require(path.join(top, 'scripts/gen-phones'));
const { parsePhoneNumber, getExampleNumber } = require(path.join(library, 'max'));
const examples = require(path.join(library, 'examples.mobile.json'));

const kind = process.argv[2];
const each = +(process.argv[3] || 2);

const CODE = 0, INTERNATIONAL = 1, TRUNK = 5, TYPES = 11;

// E.164 has 15 digits at most; libphonenumber also knows what is longer
const LENGTH = 16;

// the same numbers in each run
let seed = 20240229;

function random(n) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor(seed / 0x100000000 * n);
}

function pick(list) {
    return list[random(list.length)];
}

function digits(n) {
    return Array.from({ length: n }, () => random(10)).join('');
}

// some member of a set, and not always a short one
function member(set) {
    let text = '';

    while (!set.accept || (set.next.some((next) => next) && random(4))) {
        const leads = set.next.flatMap((next, digit) => next ? [digit] : []);
        const digit = pick(leads);

        text += digit;
        set = set.next[digit];
    }

    return text;
}

function look(text, country) {
    // its test of a phone-context fails every other time
    for (let tries = 0; tries < 2; tries++) {
        try {
            return parsePhoneNumber(text, country);
        } catch {
            // no number
        }
    }

    return undefined;
}

const seen = new Set();

function write(country, text) {
    const number = look(text, country);
    const valid = number && number.isValid() && number.number.length <= LENGTH;

    // where another prefix is dialled it takes 00 for a part of the number
    if (text.startsWith('00') && !valid) {
        return;
    }

    const line = [country || '-', number ? number.number : '-', valid ? 1 : 0, text].join('\t');

    if (!seen.has(line)) {
        seen.add(line);
        process.stdout.write(line + '\n');
    }
}

const map = (text, zero) => text.replace(/\d/g, (digit) => String.fromCodePoint(zero + +digit));
const spaced = (text, by) => text.replace(/[ -]+/g, by);

// a number of a country, as it is written there and elsewhere
function forms(country, number) {
    const plan = metadata.countries[country];
    const e164 = number.number, code = plan[CODE], national = number.nationalNumber;
    const local = number.formatNational(), international = number.formatInternational();
    const abroad = pick(Object.keys(metadata.countries));
    const prefix = member(parse(metadata.countries[abroad][INTERNATIONAL]));
    const own = [
        local, local.replace(/\D/g, ''), national, code + national, `+${code} (0)${national}`, `+${code}0${national}`,
        spaced(local, '.'), spaced(local, '\u00a0'), spaced(local, ' - '), spaced(local, '/'), ` ${local}, `,
        map(local, 0xff10), map(local, 0x660), map(local, 0x6f0), spaced(local, '\u2011'), `Tel.: ${local}`, `${local} (mobil)`,
        `${local} ext. 12`, `${local} x12`, `${local}, 12`, `${local};ext=12`, `${local} #12`, `${local} - 12#`, `${local},,12#`,
        `${local} EXTN 7`, `${local} доб. 34`, `${local} anexo 5`,
        `tel:${national};phone-context=+${code}`,
        // pulled apart, as in a form of several fields
        national.replace(/(\d)(?=(\d\d)+$)/g, '$1 '), plan[TRUNK] ? `(${plan[TRUNK]}) ${national}` : `(${national})`
    ];

    for (const text of [e164, international, spaced(international, '.'), spaced(international, ''), number.format('RFC3966'),
        `(+${code}) ${national}`, `+${code}-${national}`, `phone ${international} please`, `${international} ext 12`,
        `${e164};isub=12`, map(e164, 0xff10), map(international, 0x6f0), `tel:${e164};ext=1234`])
    {
        write(undefined, text);
        write(abroad, text);
    }

    write(abroad, prefix + code + national);
    write(abroad, `${prefix} ${international.replace('+', '')}`);

    if (plan[INTERNATIONAL] === '00') {
        write(country, `00${code}${national}`);
        write(country, `00 ${code} (0) ${national}`);
    }

    for (const text of own) {
        write(country, text);
    }

    write(abroad, pick(own));
    write(undefined, local.replace(/^00/, '0'));
}

// what goes wrong when people type
function mistakes(country, number) {
    const plan = metadata.countries[country];
    const code = plan[CODE], national = number.nationalNumber;
    const at = random(national.length);
    const wrong = [
        national.slice(0, at) + national.slice(at + 1), national.slice(0, at) + random(10) + national.slice(at),
        national.slice(0, at) + random(10) + national.slice(at + 1), national.slice(0, 3), national + national,
        digits(national.length), '0'.repeat(national.length), digits(1 + random(16)), `0${digits(national.length)}`
    ];

    for (const text of wrong) {
        write(undefined, `+${code}${text}`);
        write(country, text);
        write(country, `${plan[TRUNK] || ''}${text}`);
        write(country, `${code}${text}`);
    }

    write(undefined, `+${digits(3 + random(14))}`);
    write(undefined, `+0${national}`);
    write(country, `${national.slice(0, at)}a${national.slice(at)}`);
    write(country, `${national}/${national}`);
    write(country, `+${national}`);
    write(country, `++${code}${national}`);
    write(country, `+${code}+${national}`);
    write(country, `${national} ext`);
    write(country, `ext ${national}`);
    write(country, `${national};phone-context=`);
}

for (const country of Object.keys(metadata.countries)) {
    const numbers = [getExampleNumber(country, examples)];

    for (const type of metadata.countries[country][TYPES] || []) {
        for (let n = 0; type && type[0] && n < each; n++) {
            numbers.push(look(`+${metadata.countries[country][CODE]}${member(parse(type[0]))}`));
        }
    }

    // some patterns are wider than what they are for
    for (const number of numbers.filter((number) => number && number.isValid() && number.country === country
                                         && number.number.length <= LENGTH)) {
        (kind === 'broken' ? mistakes : forms)(country, number);
    }
}
