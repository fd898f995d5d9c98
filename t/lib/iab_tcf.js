// TC strings, random but always the same, and what IAB's own library makes of
// them. A line each, its fields apart by tabs:
//
//   purposes  vendor  now  verdict  detail  string
//
// A string that was damaged is marked by "?" before the verdict: undecided is
// right, too. What the library reads is judged here once more, by the rules of
// the README.
//
//   node iab_tcf.js NUMBER

'use strict';

const path = require('path');
const { random, chance, pick, damaged } = require('./iab_random.js');
const {
    TCModel, TCString, SegmentEncoder, Segment, PurposeRestriction, PurposeRestrictionVector,
} = require(path.join(__dirname, '../../build/npm/node_modules/@iabtcf/core'));

const DAY = 86400;
const NOW = 1764720000;

// -- making ---------------------------------------------------------------

function fill(vector, max, density) {
    switch (random(4)) {
    case 0: // here and there
        for (let n = random(12); n > 0; n--) {
            vector.set(1 + random(max));
        }
        break;
    case 1: // long ranges
        for (let id = 1 + random(50); id <= max; id += 1 + random(max / 4)) {
            for (const end = Math.min(max, id + random(max / 4)); id <= end; id++) {
                vector.set(id);
            }
        }
        break;
    case 2:
        for (let id = 1; id <= max; id++) {
            if (chance(density)) {
                vector.set(id);
            }
        }
        break;
    default: // none
    }
}

function purposes(vector) {
    const density = pick([0, 50, 90, 97, 100, 100]);

    for (let n = 1; n <= 24; n++) {
        if (chance(density)) {
            vector.set(n);
        }
    }
}

function restrict(vector, max, vendor) {
    // the encoder joins what only vendors off the list would part
    vector.gvl_ = { vendorIds: new Set(Array.from({ length: max }, (_, i) => i + 1)) };

    for (let n = random(4); n > 0; n--) {
        const restriction = new PurposeRestriction(1 + random(11), random(3));

        for (let m = random(8); m > 0; m--) {
            vector.add(chance(10) ? Math.max(vendor, 1) : 1 + random(max), restriction);
        }
    }
}

function make(vendor) {
    const model = new TCModel();
    const max = pick([20, 300, 1200, 1200, 1200, 1200, 1200, 5000]);
    const segments = [];

    model.created = model.lastUpdated
        = new Date((NOW - random(420) * DAY + (chance(5) ? 10 * DAY : 0)) * 1000 - random(10) * 100);
    model.cmpId = 2 + random(4000);
    model.cmpVersion = random(4096);
    model.consentScreen = random(64);
    model.consentLanguage = pick(['EN', 'DE', 'FR', 'ZU']);
    model.vendorListVersion = random(4096);
    model.policyVersion = pick([2, 3, 4, 4, 4, 4, 5, 5, 5, 6]);
    model.isServiceSpecific = !chance(5);
    model.useNonStandardTexts = chance(50);
    model.publisherCountryCode = pick(['AA', 'DE', 'ZW']);
    model.purposeOneTreatment = chance(10);

    purposes(model.purposeConsents);
    purposes(model.purposeLegitimateInterests);
    fill(model.vendorConsents, max, pick([5, 50, 95]));
    fill(model.vendorLegitimateInterests, max, pick([5, 50, 95]));

    for (let n = 1; n <= 12; n++) {
        if (chance(30)) {
            model.specialFeatureOptins.set(n);
        }
    }

    if (vendor && chance(70)) {
        model.vendorConsents.set(vendor);
    }

    if (chance(25)) {
        restrict(model.publisherRestrictions, max, vendor);
    }

    if (chance(60)) {
        fill(model.vendorsDisclosed, max, 95);
        if (vendor && chance(70)) {
            model.vendorsDisclosed.set(vendor);
        }
        segments.push(Segment.VENDORS_DISCLOSED);
    }

    if (chance(20)) {
        fill(model.vendorsAllowed, max, 10);
        segments.push(Segment.VENDORS_ALLOWED);
    }

    if (chance(40)) {
        purposes(model.publisherConsents);
        purposes(model.publisherLegitimateInterests);
        model.numCustomPurposes = random(64);
        for (let n = 1; n <= model.numCustomPurposes; n++) {
            if (chance(50)) {
                model.publisherCustomConsents.set(n);
            }
        }
        segments.push(Segment.PUBLISHER_TC);
    }

    if (chance(50)) {
        segments.reverse();
    }

    return [Segment.CORE, ...segments].map((segment) => SegmentEncoder.encode(model, segment)).join('.');
}

// -- judging --------------------------------------------------------------

function judge(model, disclosed, wanted, vendor) {
    if (model.version !== 2) {
        return ['undecided', 'not version 2'];
    }

    if (!model.isServiceSpecific) {
        return ['undecided', 'not service-specific'];
    }

    if (model.policyVersion < 4) {
        return ['undecided', 'policy version below 4'];
    }

    const age = NOW - Math.floor(model.created.getTime() / 1000);

    if (age < -3600) {
        return ['undecided', 'created in the future'];
    }

    if (age > 396 * DAY) {
        return ['undecided', 'older than 13 months'];
    }

    const untold = wanted.includes(1) && model.purposeOneTreatment;
    const missing = wanted.find((n) => !(n === 1 && untold) && !model.purposeConsents.has(n));

    if (missing) {
        return ['denied', `purpose ${missing} missing`];
    }

    if (vendor && !model.vendorConsents.has(vendor)) {
        return ['denied', `vendor ${vendor} missing`];
    }

    if (vendor) {
        const barred = model.publisherRestrictions.getRestrictions(vendor)
            .filter((restriction) => restriction.restrictionType === 0)
            .map((restriction) => restriction.purposeId);
        const first = wanted.find((n) => barred.includes(n));

        if (first) {
            return ['denied', `purpose ${first} restricted`];
        }
    }

    if (untold) {
        return ['undecided', 'purpose 1 not disclosed'];
    }

    if (vendor && disclosed && !model.vendorsDisclosed.has(vendor)) {
        return ['undecided', `vendor ${vendor} not disclosed`];
    }

    return ['granted', `purposes ${wanted}${vendor ? `, vendor ${vendor}` : ''}`];
}

// a damaged string may bar all vendors many times over, and the library is
// slow then: it keeps those that are asked for

const { add } = PurposeRestrictionVector.prototype;
let asked = null;

PurposeRestrictionVector.prototype.add = function keep(vendor, restriction) {
    if (asked === null || vendor === asked) {
        add.call(this, vendor, restriction);
    }
};

function read(text, wanted, vendor) {
    asked = vendor;

    try {
        // the highest 3 bits of a segment are its type, that of disclosed
        // vendors is 1; the library refuses those from 4 on, a later version
        // may have them
        const [core, ...rest] = text.split('.');
        const known = rest.filter((segment) => !/^[g-z0-9_-]/.test(segment));
        const disclosed = known.some((segment) => /^[I-P]/.test(segment));

        return judge(TCString.decode([core, ...known].join('.')), disclosed, wanted, vendor);
    } catch (error) {
        return ['undecided', 'not readable'];
    } finally {
        asked = null;
    }
}

// -- writing --------------------------------------------------------------

for (let n = 0; n < Number(process.argv[2]); n++) {
    const wanted = pick([[1, 3, 4, 7], [1, 3, 4, 7], [1, 7], [1, 2, 3, 4, 7, 9, 10], [2], [24]]);
    const vendor = pick([0, 0, 986, 1, 1 + random(1200)]);
    const text = make(vendor);
    const write = (mark, some) => console.log([wanted, vendor, NOW,
        ...read(some, wanted, vendor).map((word, i) => (i ? word : mark + word)), some].join('\t'));

    write('', text);
    write('?', damaged(text));
}
