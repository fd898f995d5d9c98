// random numbers that are the same each time, and damage to strings

'use strict';

let state = 2463534242;

function random(n) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;

    return (state >>> 0) % Math.max(1, Math.floor(n));
}

const chance = (percent) => random(100) < percent;

const pick = (list) => list[random(list.length)];

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

// one change, or a few, of bytes that a line can hold
function damaged(text) {
    for (let times = 1 + random(3); times > 0; times--) {
        const at = random(text.length);
        const letter = chance(95) ? pick(LETTERS) : pick('.~=+/ %,;"');

        switch (random(6)) {
        case 0:
            text = text.slice(0, at);
            break;
        case 1:
            text = text.slice(0, at) + letter + text.slice(at);
            break;
        case 2:
            text = text.slice(0, at) + text.slice(at + 1 + random(4));
            break;
        case 3:
            text += text.slice(at);
            break;
        default:
            text = text.slice(0, at) + letter + text.slice(at + 1);
        }
    }

    return text;
}

module.exports = { random, chance, pick, damaged };
