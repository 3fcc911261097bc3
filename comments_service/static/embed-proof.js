// @ts-check
/**
 * Proof of work: what a guest's browser computes while its reader types (ALTCHA's protocol, version 2).
 *
 * WebCrypto computes beside the page by itself: no worker is needed, which a page of another site could
 * not start. Where there is none, as without https, there is no proof, and the comment waits.
 */
import { values } from "./embed-drafts.js";

// At once, so that nothing idles between two tries.
const TOGETHER = 4;
// More than the service ever asks for.
const MOST_TRIES = 2 ** 16;
// What was filled in faster waits for a moderator.
const LEAST_MS = 3050;
// Another is asked for so long before one is too old.
const SPARE_MS = 60000;
const RETRY_MS = 5000;
// Nobody is kept longer: the comment goes without.
const PATIENCE_MS = 20000;

/** @typedef {{key: string, ends: number, ready: boolean, proof: Promise<string>}} Work */

/** @type {WeakMap<HTMLFormElement, Work>} */
const works = new WeakMap();

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param {string} text */
const bytes = (text) =>
  Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** @param {number} byte */
const hex = (byte) => byte.toString(16).padStart(2, "0");

/** @param {Record<string, any>} parameters */
const solve = async ({ nonce, salt, cost, keyLength, keyPrefix }) => {
  const before = bytes(nonce);
  const how = { name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations: cost };
  /** @param {number} counter */
  const derive = async (counter) => {
    const password = new Uint8Array(before.length + 4);
    password.set(before);
    new DataView(password.buffer).setUint32(before.length, counter);
    const secret = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const derived = await crypto.subtle.deriveBits(how, secret, 8 * keyLength);
    return Array.from(new Uint8Array(derived), hex).join("");
  };
  for (let first = 0; first < MOST_TRIES; first += TOGETHER) {
    const tries = Array.from({ length: TOGETHER }, (_, number) => derive(first + number));
    const keys = await Promise.all(tries);
    const found = keys.findIndex((key) => key.startsWith(keyPrefix));
    if (found >= 0) return { counter: first + found, derivedKey: keys[found] };
  }
  throw new Error("unsolved");
};

/** @param {Work} work @param {string} address */
const compute = async (work, address) => {
  if (!crypto.subtle) return "";
  const answer = await fetch(`${address}?key=${encodeURIComponent(work.key)}`);
  if (!answer.ok) throw new Error(`${answer.status}`);
  const began = performance.now();
  const challenge = await answer.json();
  const { expiresAt, data } = challenge.parameters;
  // By this machine's clock, which may be wrong.
  work.ends = Date.now() + 1000 * (expiresAt - data.at) - SPARE_MS;
  const solution = await solve(challenge.parameters);
  await pause(LEAST_MS - (performance.now() - began));
  return btoa(JSON.stringify({ challenge, solution }));
};

/** Begin, unless that is done. @param {HTMLFormElement} form @param {string} address */
export const begin = (form, address) => {
  const { key } = values(form);
  const known = works.get(form);
  if (known && known.key === key && Date.now() < known.ends) return known;
  /** @type {Work} */
  const work = { key, ends: Number.POSITIVE_INFINITY, ready: false, proof: Promise.resolve("") };
  works.set(form, work);
  work.proof = compute(work, address)
    .catch(() => {
      work.ends = Date.now() + RETRY_MS;
      return "";
    })
    .finally(() => {
      work.ready = true;
    });
  return work;
};

/**
 * What the form is sent with; empty where it does not come in time.
 * @param {HTMLFormElement} form @param {string} address @param {() => void} wait Says that it takes a moment.
 */
export const proof = (form, address, wait) => {
  const work = begin(form, address);
  if (!work.ready) wait();
  return Promise.race([work.proof, pause(PATIENCE_MS).then(() => "")]);
};
