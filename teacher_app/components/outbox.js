// The commands that have no final receipt. They are kept in this tab's session storage, so that a reload, a lost
// connection or an ended session loses nothing; an entry leaves when its receipt says saved or deleted.

class Outbox {
  constructor(place) {
    this.place = place;
    this.entries = new Map(); // key -> { key, attempt, op, ..., receipt }
    this.pulse = 0; // makes each message differ from the last, so that the server runs for it
    this.subject = ""; // of the exam, for the notice about what is not saved
    this.form = {}; // what stands in the form's fields, by name
    this.sentAt = 0;
    this.sentPulse = null; // of the last message, which the server repeats once it has read it
    this.isStoring = false;
    this.restore();
  }

  restore() {
    let kept = null;
    try {
      kept = JSON.parse(sessionStorage.getItem(this.place));
    } catch {
      // Nothing readable was kept.
    }
    this.form = kept?.form ?? {};
    for (const entry of kept?.entries ?? []) {
      // Only the page on which something was done can undo it.
      if (entry.op !== "undo") this.entries.set(entry.key, { ...entry, attempt: entry.attempt + 1, receipt: null, since: Date.now() });
    }
  }

  // Changes of the same moment, possibly thousands, are written once.
  keep() {
    if (this.isStoring) return;
    this.isStoring = true;
    queueMicrotask(() => this.store());
  }

  store() {
    this.isStoring = false;
    const entries = [...this.entries.values()].map(({ receipt, since, ...entry }) => entry);
    const isEmpty = entries.length === 0 && !Object.values(this.form).some(Boolean);
    try {
      if (isEmpty) sessionStorage.removeItem(this.place);
      else sessionStorage.setItem(this.place, JSON.stringify({ entries, form: this.form, subject: this.subject }));
    } catch {
      // Storage is full or forbidden: the page itself still has everything.
    }
  }

  add(entry) {
    const full = { key: newKey(), attempt: 1, receipt: null, since: Date.now(), ...entry };
    this.entries.set(full.key, full);
    this.keep();
    return full;
  }

  again(entry, changes = {}) {
    Object.assign(entry, changes, { attempt: entry.attempt + 1, receipt: null, since: Date.now() });
    this.keep();
  }

  remove(key) {
    this.entries.delete(key);
    this.keep();
  }

  get waiting() {
    return [...this.entries.values()].filter((entry) => !entry.receipt);
  }

  get notSaved() {
    return [...this.entries.values()].filter((entry) => entry.receipt?.kind === "not-saved");
  }

  // Those that cannot be saved as they are: the teacher corrects them or chooses.
  get refused() {
    return [...this.entries.values()].filter(({ receipt }) => receipt && receipt.kind !== "not-saved");
  }

  message(seen, entries) {
    this.pulse += 1;
    this.sentAt = Date.now();
    this.sentPulse = `${this.pulse}-${this.sentAt}`;
    return { pulse: this.sentPulse, seen, entries: entries.map(({ receipt, since, ...entry }) => entry) };
  }
}

function newKey() {
  // crypto.randomUUID is missing on a plain http address of the local network; getRandomValues is not.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
