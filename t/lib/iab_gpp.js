// GPP strings, random but always the same, and which opt-outs IAB's own
// library reads in them. A line each, its fields apart by a tab:
//
//   reason  string
//
// The reason is empty where nobody opts out. A string that was damaged is
// marked by "?" before the reason, which is "not readable" if the library
// refuses it.
//
//   node iab_gpp.js NUMBER

'use strict';

const path = require('path');
const { random, chance, pick, damaged } = require('./iab_random.js');

const library = path.join(__dirname, '../../build/npm/node_modules/@iabgpp/cmpapi/lib/cjs/encoder');
const { GppModel } = require(path.join(library, 'GppModel.js'));
const { Sections } = require(path.join(library, 'section/Sections.js'));

const STATES = Sections.SECTION_ORDER.filter((name) => /^us(?!pv1)/.test(name));

const OPT_OUTS = [
    ['SaleOptOut', 'sale opt-out'],
    ['SharingOptOut', 'sharing opt-out'],
    ['TargetedAdvertisingOptOut', 'targeted advertising opt-out'],
];

// -- making ---------------------------------------------------------------

// fields of two bits say 0 not applicable, 1 yes and 2 no, or so
function fill(model, name, optOut) {
    const section = model.getSection(name);

    for (const [field, value] of Object.entries(section)) {
        if (field === 'Version' || field === 'MspaVersion') {
            if (name === 'usnat') {
                model.setFieldValue(name, field, 1 + random(2));
            }
        } else if (field === 'Gpc') {
            model.setFieldValue(name, field, chance(optOut));
            model.setFieldValue(name, 'GpcSegmentIncluded', chance(50));
        } else if (/OptOut$/.test(field)) {
            model.setFieldValue(name, field, chance(optOut) ? 1 : pick([0, 2]));
        } else if (Array.isArray(value)) {
            model.setFieldValue(name, field, value.map(() => random(3)));
        } else if (/Mspa|Notice|Consent|Processing/.test(field)) {
            model.setFieldValue(name, field, 1 + random(2));
        }
    }
}

function make() {
    const model = new GppModel();
    const optOut = pick([0, 0, 3, 10, 50]);

    for (const name of STATES) {
        if (chance(pick([5, 30]))) {
            // touched, so that it is there
            model.setFieldValue(name, 'SaleOptOut', 0);
            fill(model, name, optOut);
        }
    }

    if (chance(20)) {
        model.setFieldValue('uspv1', 'Notice', pick('YN-'));
        model.setFieldValue('uspv1', 'OptOutSale', chance(optOut) ? 'Y' : pick('N-'));
        model.setFieldValue('uspv1', 'LspaCovered', pick('YN-'));
    }

    if (chance(10)) {
        model.setFieldValue('tcfeuv2', 'PurposeConsents', [true, false, true]);
    }

    if (chance(10)) {
        model.setFieldValue('tcfcav1', 'CmpId', random(4000));
    }

    return model.encode();
}

// -- judging --------------------------------------------------------------

function reasons(model) {
    const found = [];

    for (const name of ['usnat', 'uspv1', ...STATES.filter((state) => state !== 'usnat')]) {
        const section = model.getSection(name);

        if (section === null) {
            continue;
        }

        // nor does it ask for the version
        if ('Version' in section && ![1, name === 'usnat' ? 2 : 1].includes(section.Version)) {
            throw new Error('unknown version');
        }

        if (name === 'uspv1' && !/^[YN-]{3}$/i.test(section.Notice + section.OptOutSale + section.LspaCovered)) {
            throw new Error('unknown letter');
        }

        if (name === 'uspv1' && section.OptOutSale === 'Y') {
            found.push('uspv1 sale opt-out');
        }

        for (const [field, reason] of OPT_OUTS) {
            if (section[field] === 1) {
                found.push(`${name} ${reason}`);
            }
        }

        // the library takes any second segment for this one
        if (section.Gpc && section.GpcSegmentType === 1) {
            found.push(`${name} gpc`);
        }
    }

    return found;
}

function read(text) {
    // the library reads no third segment
    if (text.split('~').some((section) => /^[^C].*\..*\./.test(section))) {
        return 'not readable';
    }

    try {
        const [first] = reasons(new GppModel(text));

        return first || '';
    } catch (error) {
        return 'not readable';
    }
}

// -- writing --------------------------------------------------------------

// A header is cut or exchanged, but not changed: the library makes room for
// whatever range of sections it announces.
let last = 'DBAA';

function damage(text) {
    const at = (text + '~').indexOf('~');
    const [header, rest] = [text.slice(0, at), text.slice(at)];

    switch (random(10)) {
    case 0:
        return header.slice(0, random(at)) + rest;
    case 1:
        return last + rest;
    default:
        last = header;
        return header + damaged(rest);
    }
}

for (let n = 0; n < Number(process.argv[2]); n++) {
    const text = make();
    const other = damage(text);

    console.log([read(text), text].join('\t'));
    console.log([`?${read(other)}`, other].join('\t'));
}
