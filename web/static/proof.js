// Verifies the proof of a record's history: that the log's key signed the checkpoint, that every entry of the record is shown and is in
// the log, and that the log continues what was seen before. The same form and rules as `holdfast-verify`; nothing here asks a server.

const FORMAT = "holdfast-log-export-1";
const PROOF_HASHES_MAX = 64;
const HEAD_PROOF_HASHES_MAX = 256;
const TREE_SIZE_MAX = 2 ** 48;
// Entries whose places are proved at the same time.
const AT_ONCE = 64;
const EMPTY_ROOT = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

// What does not hold: `what` is one of form, record, key, signature, back, fork, head, entry, missing, fewer; `number` says which entry.
export class Mismatch extends Error {
  constructor(what, number) {
    super(number === undefined ? what : `${what} ${number}`);
    this.what = what;
    this.number = number;
  }
}

// This browser has not what it takes; nothing is said about the proof.
export class CannotCheck extends Error {}

const demand = (holds, what, number) => { if (!holds) throw new Mismatch(what, number); };

const utf8 = (text) => new TextEncoder().encode(text);
const joined = (...parts) => {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) { all.set(part, at); at += part.length; }
  return all;
};
const same = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
export const base64 = (bytes) => btoa(String.fromCharCode(...bytes));

// Each text has one spelling.
function decoded(text, what, length) {
  demand(typeof text === "string", what);
  let bytes;
  try {
    bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  } catch {
    throw new Mismatch(what);
  }
  demand((length === undefined || bytes.length === length) && base64(bytes) === text, what);
  return bytes;
}

const digest = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));
// RFC 6962 section 2.1.
const leafHash = (bytes) => digest(Uint8Array.of(0), bytes);
const nodeHash = (left, right) => digest(Uint8Array.of(1), left, right);

const PATIENT = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const isCount = (number) => Number.isSafeInteger(number) && number >= 0 && number <= TREE_SIZE_MAX;

// `<name>+<id>+<base64 of kind and key>`, as the log publishes it.
export async function openKey(text) {
  const [, name, id, key] = /^([^\s+]+)\+([0-9a-f]{8})\+(\S+)\s*$/.exec(text) ?? [];
  demand(key, "key");
  const bytes = decoded(key, "key", 33);
  // An Ed25519 key that signs notes.
  demand(bytes[0] === 1, "key");
  const owed = (await digest(utf8(`${name}\n`), bytes)).subarray(0, 4);
  demand(hex(owed) === id, "key");
  let verifies;
  try {
    verifies = await crypto.subtle.importKey("raw", bytes.subarray(1), { name: "Ed25519" }, false, ["verify"]);
  } catch {
    throw new CannotCheck("this browser knows no Ed25519");
  }
  return { name, id: owed, verifies };
}

// A signed note: origin, size and root, a blank line, and a line for each signature.
export async function openCheckpoint(note, key) {
  demand(typeof note === "string", "signature");
  const end = note.lastIndexOf("\n\n");
  demand(end > 0 && note.endsWith("\n"), "signature");
  const body = note.slice(0, end + 1);
  for (const line of note.slice(end + 2, -1).split("\n")) {
    const [, name, signed] = /^\u2014 (\S+) (\S+)$/.exec(line) ?? [];
    demand(signed, "signature");
    const bytes = decoded(signed, "signature");
    if (name !== key.name || !same(bytes.subarray(0, 4), key.id)) continue;
    demand(await crypto.subtle.verify("Ed25519", key.verifies, bytes.subarray(4), utf8(body)), "signature");
    const [origin, count, root] = body.split("\n");
    const size = Number(count);
    demand(origin === key.name && isCount(size) && String(size) === count, "signature");
    return { size, root: decoded(root, "signature", 32), note };
  }
  throw new Mismatch("signature");
}

// From a node to the root (RFC 9162 section 2.1.3.2): on which side each sibling stands.
function climb(index, last) {
  let node = index;
  return {
    atRoot: () => last === 0,
    // True where the sibling stands to the left.
    up() {
      const right = node % 2 === 1 || node === last;
      if (right) while (node % 2 === 0 && node !== 0) { node /= 2; last = Math.floor(last / 2); }
      node = Math.floor(node / 2);
      last = Math.floor(last / 2);
      return right;
    },
  };
}

async function isIncluded(leaf, index, tree, proof) {
  if (index >= tree.size || proof.length > PROOF_HASHES_MAX) return false;
  const way = climb(index, tree.size - 1);
  let hash = leaf;
  for (const sibling of proof) {
    if (way.atRoot()) return false;
    hash = way.up() ? await nodeHash(sibling, hash) : await nodeHash(hash, sibling);
  }
  return way.atRoot() && same(hash, tree.root);
}

// RFC 9162 section 2.1.4.2.
async function continues(older, newer, proof) {
  if (older.size === 0) return base64(older.root) === EMPTY_ROOT;
  if (older.size === newer.size) return proof.length === 0 && same(older.root, newer.root);
  if (proof.length === 0 || proof.length > PROOF_HASHES_MAX) return false;
  let [node, last] = [older.size - 1, newer.size - 1];
  while (node % 2 === 1) { node = (node - 1) / 2; last = Math.floor(last / 2); }
  // A perfect older tree is its own first subtree: the way down ended at its root.
  const [first, ...rest] = node === 0 ? [older.root, ...proof] : proof;
  const way = climb(node, last);
  let [old, now] = [first, first];
  for (const sibling of rest) {
    if (way.atRoot()) return false;
    if (way.up()) {
      old = await nodeHash(sibling, old);
      now = await nodeHash(sibling, now);
    } else {
      now = await nodeHash(now, sibling);
    }
  }
  return way.atRoot() && same(old, older.root) && same(now, newer.root);
}

// The trie of heads: by the bits of the chain's key, from the leaf upwards.
async function isHead(chain, head, root, proof) {
  if (proof.length > HEAD_PROOF_HASHES_MAX) return false;
  let hash = await leafHash(joined(chain, eight(head.count), head.last));
  for (const [at, sibling] of proof.entries()) {
    const depth = proof.length - 1 - at;
    const bit = (chain[depth >> 3] >> (7 - (depth & 7))) & 1;
    hash = bit ? await nodeHash(sibling, hash) : await nodeHash(hash, sibling);
  }
  return same(hash, root);
}

function eight(number) {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(number));
  return bytes;
}

// An entry's bytes, one after another; whoever takes more than there is has none.
class Reader {
  constructor(bytes) { this.bytes = bytes; this.at = 0; }
  take(count) {
    demand(this.at + count <= this.bytes.length, "form");
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }
  number(count) { return this.take(count).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n); }
  end() { demand(this.at === this.bytes.length, "form"); }
}

const uuid = (bytes) => hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");

// Version 1: an event with its place among those of its patient, or what closes a checkpoint.
function entryOf(bytes) {
  const reader = new Reader(bytes);
  const [version, kind] = reader.take(2);
  demand(version === 1 && (kind === 1 || kind === 2), "form");
  if (kind === 2) {
    const micros = BigInt.asIntN(64, reader.number(8));
    reader.take(8);
    const root = reader.take(32);
    reader.take(40);
    reader.end();
    return { closes: true, time: new Date(Number(micros / 1000n)), root };
  }
  const service = new TextDecoder().decode(reader.take(reader.take(1)[0]));
  const lane = Number(reader.number(2));
  const laneSeq = Number(reader.number(8));
  const eventId = uuid(reader.take(16));
  reader.take(32);
  const [marked] = reader.take(1);
  demand(marked < 2, "form");
  const link = marked === 1 && { chain: reader.take(32), seq: reader.number(8), previous: reader.take(32) };
  reader.end();
  return { closes: false, service, lane, laneSeq, eventId, link };
}

// The lines of the file in their order.
class Lines {
  constructor(text) {
    this.lines = text.split("\n");
    demand(this.lines.pop() === "", "form");
    this.at = 0;
  }
  // What the next line holds, if it is of that kind.
  next(kind) {
    if (this.at >= this.lines.length) return undefined;
    let line;
    try {
      line = JSON.parse(this.lines[this.at]);
    } catch {
      throw new Mismatch("form");
    }
    demand(line && Object.keys(line).length === 1, "form");
    if (!(kind in line)) return undefined;
    this.at += 1;
    return line[kind];
  }
  atEnd() { return this.at >= this.lines.length; }
}

function hashes(texts, what, number) {
  demand(texts === undefined || (Array.isArray(texts) && texts.length <= HEAD_PROOF_HASHES_MAX), what, number);
  return (texts ?? []).map((text) => decoded(text, what, 32));
}

// An entry at its index, which the checkpoint's tree holds there.
async function placed(line, tree, what, number) {
  demand(line && isCount(line.index), what, number);
  const bytes = decoded(line.bytes, what);
  const leaf = await leafHash(bytes);
  demand(await isIncluded(leaf, line.index, tree, hashes(line.proof, what, number)), what, number);
  return { index: line.index, leaf, entry: entryOf(bytes) };
}

// What a proof that somebody saved says of itself: whose it is, its checkpoint, and what the record's entries had come to.
export function saved(text) {
  const lines = new Lines(text);
  const { format, patient } = lines.next("begin") ?? {};
  demand(format === FORMAT && PATIENT.test(patient), "form");
  const note = lines.next("checkpoint");
  while (lines.next("consistency"));
  lines.next("closing");
  const { count, last } = lines.next("head") ?? {};
  demand(typeof note === "string" && isCount(count) && typeof last === "string", "form");
  return { patient, note, count, last };
}

// All of it, or a `Mismatch`: of this patient, and `earlier` are checkpoints (of `openCheckpoint`) that this one must continue.
export async function verify(text, { key, patient: wanted, earlier = [] }) {
  const lines = new Lines(text);
  const begin = lines.next("begin");
  demand(begin?.format === FORMAT && PATIENT.test(begin.patient), "form");
  demand(begin.patient === wanted, "record");
  const tree = await openCheckpoint(lines.next("checkpoint"), key);
  const proofs = new Map();
  for (let proof; (proof = lines.next("consistency")); ) proofs.set(proof.older, hashes(proof.proof, "fork"));
  for (const older of earlier) {
    demand(older.size <= tree.size, "back");
    demand(await continues(older, tree, proofs.get(older.size) ?? []), "fork");
  }
  const closing = await placed(lines.next("closing"), tree, "head");
  demand(closing.index === tree.size - 1 && closing.entry.closes, "head");
  const patient = Uint8Array.from(begin.patient.replaceAll("-", "").match(/../g), (pair) => parseInt(pair, 16));
  const chain = await digest(utf8("holdfast-chain-v1"), Uint8Array.of(1), patient);
  const head = lines.next("head");
  demand(head && isCount(head.count), "head");
  const last = decoded(head.last, "head", 32);
  demand(await isHead(chain, { count: head.count, last }, closing.entry.root, hashes(head.proof, "head")), "head");
  const entries = await entriesOf(lines, tree, chain);
  demand(entries.length === head.count, "missing", entries.length + 1);
  demand(entries.length === 0 || same(entries.at(-1).leaf, last), "entry", entries.length);
  const { time } = closing.entry;
  return { patient: begin.patient, count: head.count, last: head.last, time, note: tree.note, chain: base64(chain), entries };
}

// What was seen of the record before is still there, as it was. It is told by its patient, or by the chain of its entries.
export function keeps(proof, { patient, chain, count, last }) {
  demand(patient === undefined || patient === proof.patient, "record");
  demand(chain === undefined || chain === proof.chain, "record");
  demand(count <= proof.count, "fewer", proof.count);
  demand(count === 0 || base64(proof.entries[count - 1].leaf) === last, "entry", count);
}

// Each counts on from the one before and names it.
async function entriesOf(lines, tree, chain) {
  const entries = [];
  let before = { index: -1, leaf: new Uint8Array(32) };
  while (!lines.atEnd()) {
    const some = [];
    for (let line; some.length < AT_ONCE && (line = lines.next("entry")); ) some.push(line);
    demand(some.length > 0, "form");
    const first = entries.length + 1;
    const found = await Promise.allSettled(some.map((line, at) => placed(line, tree, "entry", first + at)));
    for (const { value: one, reason } of found) {
      if (reason) throw reason;
      const number = entries.length + 1;
      const { closes, link } = one.entry;
      demand(!closes && link && same(link.chain, chain), "entry", number);
      demand(link.seq === BigInt(number) && same(link.previous, before.leaf) && one.index > before.index, "entry", number);
      entries.push({ ...one.entry, leaf: one.leaf });
      before = one;
    }
  }
  return entries;
}
