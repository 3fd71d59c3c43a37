// Draws one exam live. Rows are kept by id and version, so that messages may overlap; only what changed is
// touched. The stream is one EventSource for each mounted board, made again with backoff after a refusal.

const STALE_MS = 8400; // two heartbeats and a little: then the board says that it is not live, within 10 s in all
const UNREACHABLE_FAILURES = 3; // then the page's own refresh takes over
const ROW_PX = 36;
const MARGIN_ROWS = 12; // drawn above and below what is seen, so that quick scrolling shows no gap
const FRESH_MS = 60000; // so long a row is marked as new or corrected
const LETTERS = ["F", "D-", "D", "D+", "C-", "C", "C+", "B-", "B", "B+", "A-", "A", "A+"];
const LETTER_POINTS = { "A+": 4.3, A: 4, "A-": 3.7, "B+": 3.3, B: 3, "B-": 2.7, "C+": 2.3, C: 2, "C-": 1.7, "D+": 1.3, D: 1, "D-": 0.7, F: 0 };
const GRADE_WORDS = { ABSENT: "absent", EXEMPT: "exempt", PASS: "pass", FAIL: "fail" };
const GONE = "This exam is not published, or not any more. It appears here by itself the moment it is: leave this page open.";
const boards = new WeakMap();

export default function (component) {
  const { parentElement, data, setTriggerValue } = component;
  let board = boards.get(parentElement);
  if (!board) {
    board = new Board(parentElement, setTriggerValue);
    boards.set(parentElement, board);
  }
  board.configure(data, setTriggerValue);
  return () => {
    board.close();
    boards.delete(parentElement);
  };
}

class Board {
  constructor(root, trigger) {
    this.root = root.querySelector(".board");
    this.trigger = trigger;
    this.rows = new Map();
    this.deleted = new Map();
    this.exam = null;
    this.feed = null;
    this.heardAt = 0;
    this.failures = 0;
    this.spreadS = 4;
    this.sort = { key: "student", direction: 1 };
    this.search = "";
    this.selected = null;
    this.ordered = [];
    this.collator = new Intl.Collator(undefined, { sensitivity: "base", numeric: true });
    this.part = (name) => this.root.querySelector(name);
    this.part(".search").addEventListener("input", (event) => {
      this.search = event.target.value;
      this.part(".list").scrollTop = 0;
      this.order();
    });
    this.part(".list").addEventListener("scroll", () => this.drawRows(), { passive: true });
    this.part(".list").addEventListener("keydown", (event) => this.onKey(event));
    this.part(".rows thead").addEventListener("click", (event) => this.sortBy(event.target.dataset?.sort));
    this.part(".rows tbody").addEventListener("click", (event) => {
      const row = event.target.closest("tr[data-id]");
      if (row) this.select(row.dataset.id);
    });
    this.clock = setInterval(() => this.tick(), 500);
    this.onVisible = () => {
      if (document.visibilityState === "visible") this.wake();
    };
    document.addEventListener("visibilitychange", this.onVisible);
  }

  configure(data, trigger) {
    this.trigger = trigger;
    this.own = data.own ?? null;
    this.refreshS = data.refresh_s ?? 30;
    if (data.exam_id !== this.examId) {
      this.examId = data.exam_id;
      this.rows.clear();
      this.deleted.clear();
      this.fresh?.clear();
      this.exam = null;
      this.connect();
    }
    // Where no stream can be had, the page's own refreshes bring the results.
    if (data.snapshot && Date.now() - this.heardAt > STALE_MS) {
      this.polledAt = data.snapshot.feed.state === "LIVE" ? Date.now() : (data.snapshot.feed.asOf ?? 0) * 1000;
      this.onSnapshot(data.snapshot, { isPolled: true });
    }
    this.draw();
  }

  // The stream.

  connect() {
    this.source?.close();
    clearTimeout(this.retry);
    // A new EventSource cannot send Last-Event-ID; it gets a snapshot, which is the same to us.
    const source = new EventSource(new URL(`live/${this.examId}`, document.baseURI));
    this.source = source;
    this.openedAt = Date.now();
    const on = (kind, act) =>
      source.addEventListener(kind, (event) => {
        this.heardAt = Date.now();
        this.failures = 0;
        if (this.isUnreachable) {
          this.isUnreachable = false;
          this.trigger("reachable", Date.now());
        }
        act(JSON.parse(event.data));
        this.drawStatus();
      });
    on("snapshot", (message) => this.onSnapshot(message));
    on("change", (message) => this.onChange(message));
    on("gone", () => this.onGone());
    on("feed", (message) => {
      this.feed = message;
      this.spreadS = message.spread;
    });
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) this.again();
    };
  }

  again() {
    this.source.close();
    clearTimeout(this.retry);
    this.failures += 1;
    const pause = Math.min(30000, 1000 * 2 ** this.failures) * (0.5 + Math.random() / 2);
    this.retry = setTimeout(() => this.connect(), pause);
    if (this.failures === UNREACHABLE_FAILURES && !this.isUnreachable) {
      this.isUnreachable = true;
      this.trigger("unreachable", Date.now());
    }
    this.drawStatus();
  }

  wake() {
    // After a sleep the socket may be dead without knowing it.
    if (Date.now() - this.heardAt > STALE_MS) this.connect();
    if (this.owed) this.tell();
    this.tick();
  }

  tick() {
    this.drawStatus();
    if (this.source.readyState !== EventSource.CLOSED && Date.now() - Math.max(this.heardAt, this.openedAt) > 3 * STALE_MS) this.again();
    const now = Date.now();
    if ([...this.fresh ?? []].some(([, until]) => until < now)) this.drawRows();
  }

  close() {
    this.source?.close();
    clearTimeout(this.retry);
    clearTimeout(this.telling);
    clearInterval(this.clock);
    document.removeEventListener("visibilitychange", this.onVisible);
  }

  // Messages.

  onSnapshot(message, { isPolled = false } = {}) {
    const had = this.exam !== null;
    const known = this.rows;
    this.exam = message.exam;
    this.feed = message.feed;
    this.rows = new Map();
    this.deleted.clear();
    for (const [id, student, grade, version, received] of message.rows) {
      const old = known.get(id);
      const changed = had && (!old || old.version < version);
      this.rows.set(id, old && !changed ? old : this.row(id, student, grade, version, received, old, changed));
    }
    if (had && !isPolled) this.tell();
    this.draw();
  }

  onChange(message) {
    if (message.exam) this.exam = message.exam;
    for (const [id, student, grade, version, received] of message.rows) {
      const old = this.rows.get(id);
      if ((old && old.version >= version) || (this.deleted.get(id) ?? 0) >= version) continue;
      this.rows.set(id, this.row(id, student, grade, version, received, old, true));
    }
    for (const id of message.gone) {
      this.deleted.set(id, (this.rows.get(id)?.version ?? 0) + 1);
      this.rows.delete(id);
      this.fresh?.delete(id);
    }
    this.tell();
    this.draw();
  }

  onGone() {
    if (this.exam !== null) this.tell();
    this.exam = null;
    this.rows.clear();
    this.fresh?.clear();
    this.isGone = true;
    this.draw();
  }

  row(id, student, grade, version, received, old, isNews) {
    if (isNews) {
      this.fresh ??= new Map();
      this.fresh.set(id, Date.now() + FRESH_MS);
    }
    const mark = old && isNews ? `was ${shownGrade(old.grade)}` : "";
    return { id, student, grade, version, received: received * 1000, mark: old && old.grade === grade ? "corrected" : mark, folded: student.toLocaleLowerCase() };
  }

  tell() {
    // One refresh of the rest of the page after changes, never sooner than refreshS, only while it is seen.
    if (this.telling || document.visibilityState !== "visible") {
      this.owed = true;
      return;
    }
    this.owed = false;
    // Spread over all who watch, as the server says: a thousand pages must not run at the same moment.
    const rest = (this.toldAt ?? 0) + Math.max(this.refreshS, this.spreadS) * 1000 - Date.now();
    const pause = Math.max(rest, Math.random() * this.spreadS * 1000);
    this.telling = setTimeout(() => {
      this.telling = null;
      this.toldAt = Date.now();
      if (document.visibilityState === "visible") this.trigger("changed", this.toldAt);
      if (this.owed) this.tell();
    }, pause);
  }

  // Numbers. The same rules as the server's statistics: see shared/model/statistics.py.

  score(grade) {
    if (grade === "ABSENT" || grade === "EXEMPT") return null;
    if (this.exam.scale === "LETTERS") return grade in LETTER_POINTS ? LETTER_POINTS[grade] / 4.3 : null;
    if (this.exam.scale === "PASS_FAIL") return grade === "PASS" ? 1 : grade === "FAIL" ? 0 : null;
    const value = /^\d+(\.\d+)?$/.test(grade) ? Number(grade) : NaN;
    return value <= this.exam.points ? value / this.exam.points : null;
  }

  scores() {
    return [...this.rows.values()].map((row) => this.score(row.grade)).filter((score) => score !== null).sort((a, b) => a - b);
  }

  text(score) {
    if (score === null) return "–";
    const short = (value) => String(Math.round(value * 100) / 100);
    if (this.exam.scale === "LETTERS") {
      return LETTERS.reduce((best, letter) => (Math.abs(LETTER_POINTS[letter] / 4.3 - score) < Math.abs(LETTER_POINTS[best] / 4.3 - score) ? letter : best));
    }
    if (this.exam.points === null || this.exam.scale === "PERCENT") return `${short(score * 100)} %`;
    return short(score * this.exam.points);
  }

  bins(scores) {
    if (this.exam.scale === "LETTERS") {
      return LETTERS.map((letter) => ({ label: letter, has: (score) => Math.abs(score - LETTER_POINTS[letter] / 4.3) < 1e-9 }));
    }
    if (this.exam.scale === "PASS_FAIL") {
      return [{ label: GRADE_WORDS.FAIL, has: (score) => score === 0 }, { label: GRADE_WORDS.PASS, has: (score) => score === 1 }];
    }
    const points = this.exam.points;
    const step = this.exam.scale === "PERCENT" ? 10 : points < 5 ? 0.5 : [1, 2, 5, 10, 20, 25, 50, 100].find((whole) => Math.ceil(points / whole) <= 20);
    const bins = [];
    for (let low = 0; low < points; low += step) {
      const high = Math.min(points, low + step);
      const isLast = high >= points;
      bins.push({ label: `${low}–${high}`, tick: String(low), has: (score) => {
        const value = Math.round(score * points * 1e6) / 1e6;
        return value >= low && (value < high || (isLast && value <= high));
      } });
    }
    return bins;
  }

  // Drawing.

  draw() {
    const has = this.exam !== null;
    for (const name of [".tiles", ".tools", ".list"]) this.part(name).hidden = !has || this.rows.size === 0;
    this.part(".empty").hidden = has && this.rows.size > 0;
    setText(this.part(".empty"), has ? "No result is in yet. This page shows each one as it comes." : this.isGone ? GONE : "Loading …");
    if (has) {
      this.isGone = false;
      this.drawNumbers();
      this.order();
    } else {
      // Nothing of an exam that was taken back stays in the page, not even unseen.
      this.part(".chart").hidden = true;
      this.part(".tiles").replaceChildren();
      this.ordered = [];
      this.drawRows();
    }
    this.drawStatus();
  }

  drawNumbers() {
    const scores = this.scores();
    const told = scores.length >= this.exam.smallGroup;
    const tiles = [["Results", String(this.rows.size)]];
    if (told) {
      const middle = scores.length / 2;
      const median = scores.length % 2 ? scores[Math.floor(middle)] : (scores[middle - 1] + scores[middle]) / 2;
      const pass = this.exam.scale === "LETTERS" ? LETTER_POINTS["D-"] / 4.3 : this.exam.passScore;
      const passed = scores.filter((score) => score >= pass - 1e-9).length;
      if (this.exam.scale !== "PASS_FAIL") {
        tiles.push(["Mean", this.text(scores.reduce((sum, score) => sum + score, 0) / scores.length)], ["Median", this.text(median)]);
      }
      // With codes, a rate of none or all would tell everybody's result.
      if (this.exam.audience === "NAMES" || (passed > 0 && passed < scores.length)) tiles.push(["Passed", `${Math.round((100 * passed) / scores.length)} %`]);
    } else tiles.push(["Statistics", `from ${this.exam.smallGroup} grades on`]);
    const list = this.part(".tiles");
    while (list.children.length > tiles.length) list.lastChild.remove();
    tiles.forEach(([name, value], index) => {
      let tile = list.children[index];
      if (!tile) {
        tile = document.createElement("div");
        tile.className = "tile";
        tile.append(document.createElement("dt"), document.createElement("dd"));
        list.append(tile);
      }
      setText(tile.firstChild, name);
      setText(tile.lastChild, value);
    });
    this.drawChart(told ? scores : []);
  }

  drawChart(scores) {
    const chart = this.part(".chart");
    chart.hidden = scores.length === 0;
    if (chart.hidden) return;
    const bins = this.bins(scores);
    const counts = bins.map((bin) => scores.filter(bin.has).length);
    const most = Math.max(...counts, 1);
    const own = this.own && this.rows.get(this.own) ? this.score(this.rows.get(this.own).grade) : null;
    const plot = this.part(".plot");
    if (plot.dataset.bins !== bins.map((bin) => bin.label).join()) {
      plot.dataset.bins = bins.map((bin) => bin.label).join();
      plot.replaceChildren(...bins.map(() => build("div", "bin", build("span", "count"), build("div", "bar"))));
      chart.querySelector(".axis")?.remove();
      const axis = build("div", "axis", ...bins.map((bin, index) => {
        const span = document.createElement("span");
        span.textContent = bins.length > 14 && index % 2 ? "" : bin.tick ?? bin.label;
        return span;
      }));
      axis.setAttribute("aria-hidden", "true");
      plot.after(axis);
      this.part(".chart-table tbody").replaceChildren(...bins.map((bin) => {
        const head = document.createElement("th");
        head.scope = "row";
        head.textContent = bin.label;
        return build("tr", "", head, document.createElement("td"));
      }));
    }
    bins.forEach((bin, index) => {
      const node = plot.children[index];
      setText(node.querySelector(".count"), counts[index] ? String(counts[index]) : "");
      node.querySelector(".bar").style.height = `${(88 * counts[index]) / most}%`;
      node.classList.toggle("own", own !== null && bin.has(own));
      setText(this.part(".chart-table tbody").children[index].lastChild, String(counts[index]));
    });
    const words = bins.map((bin, index) => [bin.label, counts[index]]).filter(([, count]) => count).map(([label, count]) => `${label}: ${count}`).join(", ");
    const ownBin = own === null ? null : bins.find((bin) => bin.has(own));
    setText(this.part(".chart-title"), ownBin ? "Distribution (hatched: my result)" : "Distribution");
    plot.setAttribute("aria-label", `Histogram of ${scores.length} grades. ${words}.${ownBin ? ` My result is in ${ownBin.label}.` : ""}`);
  }

  sortBy(key) {
    if (!key) return;
    this.sort = { key, direction: this.sort.key === key ? -this.sort.direction : key === "student" ? 1 : -1 };
    for (const head of this.root.querySelectorAll(".rows th")) {
      const isKey = head.firstElementChild.dataset.sort === key;
      head.setAttribute("aria-sort", isKey ? (this.sort.direction > 0 ? "ascending" : "descending") : "none");
    }
    this.order();
  }

  select(id) {
    this.selected = this.selected === id ? null : id;
    this.drawRows();
  }

  onKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.target !== this.part(".list") || (!step && event.key !== "Escape")) return;
    event.preventDefault();
    const at = this.ordered.findIndex((row) => row.id === this.selected);
    const next = Math.min(this.ordered.length - 1, Math.max(0, at + step));
    this.selected = step ? this.ordered[next]?.id ?? null : null;
    if (step) this.show(next);
    this.drawRows();
  }

  show(index) {
    const list = this.part(".list");
    const room = list.clientHeight - this.part(".rows thead").offsetHeight - ROW_PX;
    list.scrollTop = Math.min(index * ROW_PX, Math.max(list.scrollTop, index * ROW_PX - room));
  }

  order() {
    const wanted = this.search.trim().toLocaleLowerCase();
    const rows = [...this.rows.values()].filter((row) => row.folded.includes(wanted));
    const byName = (a, b) => this.collator.compare(a.student, b.student) || (a.id < b.id ? -1 : 1);
    // With codes no time is sent: rows that this page has seen arrive come first, in no order of their own.
    const value = { student: null, grade: (row) => this.score(row.grade) ?? -1, news: (row) => row.received || Number(this.isFresh(row)) }[this.sort.key];
    rows.sort((a, b) => (value && (value(a) - value(b)) * this.sort.direction) || byName(a, b) * (value ? 1 : this.sort.direction));
    this.ordered = rows;
    setText(this.part(".found"), wanted ? `${rows.length} of ${this.rows.size}` : "");
    this.drawRows();
  }

  drawRows() {
    const list = this.part(".list");
    const body = this.part(".rows tbody");
    const first = Math.max(0, Math.floor(list.scrollTop / ROW_PX) - MARGIN_ROWS);
    const last = Math.min(this.ordered.length, first + Math.ceil((list.clientHeight || 420) / ROW_PX) + 2 * MARGIN_ROWS);
    const kept = new Map([...body.querySelectorAll("tr[data-id]")].map((node) => [node.dataset.id, node]));
    const nodes = [spacer(body.querySelector(".before"), "before", first)];
    for (const row of this.ordered.slice(first, last)) {
      const node = kept.get(row.id) ?? newRow(row.id);
      this.fillRow(node, row);
      nodes.push(node);
    }
    nodes.push(spacer(body.querySelector(".after"), "after", this.ordered.length - last));
    nodes.forEach((node, index) => {
      if (body.children[index] !== node) body.insertBefore(node, body.children[index] ?? null);
    });
    while (body.children.length > nodes.length) body.lastChild.remove();
    const picked = this.rows.get(this.selected);
    setText(this.part(".picked"), picked ? `Selected: ${picked.student}, ${shownGrade(picked.grade)}` : "");
    this.part(".rows").setAttribute("aria-rowcount", String(this.ordered.length + 1));
  }

  fillRow(node, row) {
    const isFresh = this.isFresh(row);
    if (!isFresh) this.fresh?.delete(row.id);
    setText(node.children[0], row.student);
    setText(node.children[1], shownGrade(row.grade));
    setText(node.children[2], isFresh ? (row.mark ? `✎ ${row.mark}` : "● new") : "");
    node.classList.toggle("fresh", isFresh);
    node.classList.toggle("own", row.id === this.own);
    const isSelected = String(row.id === this.selected);
    if (node.getAttribute("aria-selected") !== isSelected) node.setAttribute("aria-selected", isSelected);
  }

  isFresh(row) {
    return (this.fresh?.get(row.id) ?? 0) > Date.now();
  }

  drawStatus() {
    const isHeard = Date.now() - this.heardAt < STALE_MS;
    const isLive = isHeard && this.feed?.state === "LIVE";
    const asOf = isHeard && this.feed?.asOf ? this.feed.asOf * 1000 : Math.max(this.heardAt, this.polledAt ?? 0);
    const time = asOf ? new Date(asOf).toLocaleTimeString() : null;
    const state = isLive ? "live" : this.heardAt === 0 && this.failures === 0 ? "connecting" : "stale";
    if (this.root.dataset.state !== state) this.root.dataset.state = state;
    const why = isHeard ? "the server is catching up" : this.isUnreachable ? `this page asks again every ${this.refreshS} s` : "no connection; trying again";
    setText(this.part(".status-text"), isLive ? "Live" : state === "connecting" ? "Connecting …" : time ? `Not live: as of ${time}, ${why}` : `Not live: ${why}`);
  }
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function build(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

function newRow(id) {
  const node = build("tr", "", document.createElement("td"), document.createElement("td"), document.createElement("td"));
  node.dataset.id = id;
  return node;
}

function spacer(node, name, rows) {
  if (!node) {
    const cell = document.createElement("td");
    cell.colSpan = 3;
    node = build("tr", `space ${name}`, cell);
    node.setAttribute("aria-hidden", "true");
  }
  node.firstChild.style.height = `${rows * ROW_PX}px`;
  return node;
}

function shownGrade(grade) {
  return GRADE_WORDS[grade] ?? grade;
}
