// Draws one exam live. Rows are kept by id and version, so messages may overlap; only nodes that change are
// touched. Each mounted board has one EventSource, reopened with backoff after a refusal.

const CORRECTED = "corrected";
const STALE_MS = 8400; // a little over two heartbeats: the board says within 10 s that it is not live
const CUT_MS = 1000; // that a broken stream has to come back by itself before the board says so
const UNREACHABLE_FAILURES = 3; // then the page's own refresh takes over
const ROW_PX = 36;
const MARGIN_ROWS = 12; // drawn above and below the visible rows, so that fast scrolling shows no gap
const FRESH_MS = 60000; // how long a row is marked as new or corrected
const GONE_SPREAD_MS = 500; // over which all viewers' pages are drawn again when their exam is withdrawn
const EXAMS_AGAIN_MS = 10000; // at least, between two questions for the list of exams
const PLAIN_TITLE = "Exam results";
const GONE = "This exam is not published. When it is, it appears here by itself: keep this page open.";
// Where the server's own results of this exam are not those on the page: why it is not live.
const BEHIND = new Map([
  ["NO_ROOM", "more people are watching other exams"],
  ["LOADING", "the server is loading the results"],
]);
const NO_ROOM = "More people are watching other exams than this server has room for. This exam appears here by itself as soon as there is room: keep this page open.";
const boards = new WeakMap();
let left = null; // what was typed into the last board that was taken down

export default function (component) {
  const { parentElement, data, setTriggerValue } = component;
  let board = boards.get(parentElement);
  if (!board) {
    board = new Board(parentElement, setTriggerValue);
    boards.set(parentElement, board);
    // Streamlit mounts the board anew when it draws the page with its exam, or without it.
    if (left?.examId === data.exam_id) board.own.retype(left);
  }
  board.configure(data, setTriggerValue);
  return () => {
    left = { examId: board.examId, ...board.own.typed };
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
    this.fresh = new Map(); // until when each row is marked
    this.exam = null;
    this.numbers = null;
    this.feed = null;
    this.dueAt = null; // by performance.now(), when the server says that the results of an announced exam come out
    this.lastMessageAt = 0;
    this.askedForExamsAt = 0;
    this.failures = 0;
    this.spreadS = 4;
    this.sort = { key: "student", direction: 1 };
    this.search = "";
    this.selected = null;
    this.ordered = [];
    this.part = (name) => this.root.querySelector(name);
    localizeHours(this.root);
    this.chart = new Chart(this.part(".chart"));
    this.own = new OwnResult(this.root, { onChoice: () => this.drawOwn(), onNews: () => this.announce(), onShow: () => this.showOwn() });
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
    this.ticker = setInterval(() => this.tick(), 500);
    const stop = new AbortController();
    this.stopListening = () => stop.abort();
    const listen = (target, kind, act) => target.addEventListener(kind, act, { signal: stop.signal });
    listen(document, "visibilitychange", () => document.visibilityState === "visible" && this.wake());
    listen(window, "offline", () => this.cut());
    // A pointer is above the list before it opens it, which the page drawn again would close.
    for (const kind of ["pointerover", "focusin"]) listen(document, kind, ({ target }) => target.closest(".stSelectbox") && this.askForExams());
    for (const kind of ["beforeprint", "afterprint"]) {
      listen(window, kind, () => {
        this.isPrinting = kind === "beforeprint";
        this.drawRows();
      });
    }
  }

  configure(data, trigger) {
    this.trigger = trigger;
    this.refreshS = data.refresh_s ?? 30;
    this.isAwaited = data.is_awaited ?? false; // the page was drawn without the exam, which may be there by now
    if (data.exam_id !== this.examId) {
      this.examId = data.exam_id;
      this.forget();
      this.connect();
    }
    // Where no stream can be opened, the page's own refreshes bring the results.
    if (data.snapshot && Date.now() - this.lastMessageAt > STALE_MS) {
      this.polledAt = data.snapshot.feed.state === "LIVE" ? Date.now() : (data.snapshot.feed.asOf ?? 0) * 1000;
      this.onSnapshot(data.snapshot);
    }
    this.draw();
  }

  get isOwnOnly() {
    return this.exam?.audience === "OWN";
  }

  forget() {
    this.rows = new Map();
    this.deleted.clear();
    this.fresh.clear();
    this.exam = this.numbers = this.dueAt = null;
  }

  // The stream.

  connect() {
    this.source?.close();
    clearTimeout(this.retryTimer);
    // A new EventSource cannot send Last-Event-ID; it gets a snapshot, which serves as well.
    const source = new EventSource(new URL(`live/${this.examId}`, document.baseURI));
    this.source = source;
    this.openedAt = Date.now();
    const on = (kind, act) =>
      source.addEventListener(kind, (event) => {
        this.lastMessageAt = Date.now();
        this.failures = 0;
        this.cutAt = null;
        if (this.isUnreachable) {
          this.isUnreachable = false;
          this.trigger("reachable", Date.now());
        }
        act(JSON.parse(event.data));
        this.drawStatus();
      });
    on("snapshot", (message) => this.onSnapshot(message));
    on("change", (message) => this.onChange(message));
    on("numbers", (message) => this.onNumbers(message));
    on("gone", () => this.onGone());
    on("withdrawn", (message) => document.dispatchEvent(new CustomEvent("exams-withdrawn", { detail: message.ids })));
    on("feed", (message) => {
      if (BEHIND.has(message.load)) message.asOf = this.feed?.asOf ?? null; // the rows shown stay as old as they are
      this.feed = message;
      this.spreadS = message.spread;
      if ("in" in message) this.dueAt = performance.now() + message.in * 1000;
      if (this.exam === null) this.draw();
    });
    source.onerror = () => {
      this.cut();
      if (source.readyState === EventSource.CLOSED) this.reconnectLater();
    };
  }

  // The connection is known to be broken, before the missing heartbeats tell.
  cut() {
    this.cutAt ??= Date.now();
  }

  reconnectLater() {
    this.source.close();
    clearTimeout(this.retryTimer);
    this.failures += 1;
    const pause = Math.min(30000, 1000 * 2 ** this.failures) * (0.5 + Math.random() / 2);
    this.retryTimer = setTimeout(() => this.connect(), pause);
    if (this.failures === UNREACHABLE_FAILURES && !this.isUnreachable) {
      this.isUnreachable = true;
      this.trigger("unreachable", Date.now());
    }
    this.drawStatus();
  }

  wake() {
    // After a sleep the connection may be dead without an error.
    if (Date.now() - this.lastMessageAt > STALE_MS) this.connect();
    this.hasNews = false;
    this.drawTitle();
    this.tick();
  }

  tick() {
    this.drawStatus();
    this.drawCountdown();
    // Streamlit covers the page, and takes the keyboard, when its server stops; the status says so already.
    const dialog = document.querySelector(".stDialog");
    if (dialog?.textContent.includes("Connection error")) dialog.querySelector("button[aria-label=Close]")?.click();
    if (this.source.readyState !== EventSource.CLOSED && Date.now() - Math.max(this.lastMessageAt, this.openedAt) > 3 * STALE_MS) this.reconnectLater();
    const now = Date.now();
    if ([...this.fresh].some(([, until]) => until < now)) this.drawRows();
  }

  close() {
    this.source?.close();
    clearTimeout(this.retryTimer);
    clearTimeout(this.redrawTimer);
    clearInterval(this.ticker);
    this.stopListening();
  }

  // Messages.

  onSnapshot(message) {
    const wasHeldBack = this.isHeldBack;
    const hadExam = this.exam !== null && !wasHeldBack; // of results that come out at their hour, each one is new
    const previous = this.rows;
    this.exam = message.exam;
    this.feed = message.feed;
    this.numbers = this.isHeldBack ? null : (message.numbers ?? this.numbers);
    this.rows = new Map();
    this.deleted.clear();
    for (const fields of message.rows) {
      const row = rowOf(fields);
      const old = previous.get(row.id);
      this.place(row, old, hadExam && (!old || old.version < row.version));
    }
    if (this.isGone || this.isAwaited || (wasHeldBack && !this.isHeldBack)) {
      // An awaited exam is there, or its results: now the rest of the page can name it, and compare it.
      this.redrawPage(Math.random() * this.spreadS * 1000);
      this.announce();
    }
    this.isGone = this.isAwaited = false;
    this.draw();
  }

  onChange(message) {
    for (const fields of message.rows) {
      const row = rowOf(fields);
      const old = this.rows.get(row.id);
      if ((old && old.version >= row.version) || (this.deleted.get(row.id) ?? 0) >= row.version) continue;
      this.place(row, old, true);
    }
    for (const id of message.gone) {
      this.deleted.set(id, (this.rows.get(id)?.version ?? 0) + 1);
      this.rows.delete(id);
      this.fresh.delete(id);
    }
    this.draw();
  }

  onNumbers(message) {
    this.numbers = message;
    if (this.exam === null) return;
    document.dispatchEvent(new CustomEvent("exam-numbers", { detail: { exam: this.exam, numbers: message } }));
    this.draw();
  }

  onGone() {
    // Also while the page is hidden: nothing withdrawn stays in it.
    if (this.exam !== null) this.redrawPage(Math.random() * GONE_SPREAD_MS);
    this.forget();
    this.isGone = true;
    this.draw();
  }

  // The rest of the page, which the server draws, follows when its exam appears or is withdrawn.
  redrawPage(pauseMs) {
    clearTimeout(this.redrawTimer);
    this.redrawTimer = setTimeout(() => this.trigger("changed", Date.now()), pauseMs);
  }

  // Whoever is about to choose an exam is offered those that were published since the page was drawn.
  askForExams() {
    if (Date.now() - this.askedForExamsAt < EXAMS_AGAIN_MS) return;
    this.askedForExamsAt = Date.now();
    this.trigger("choosing", Date.now());
  }

  place(row, old, isNews) {
    row.mark = old && this.isFresh(old) ? old.mark : "";
    if (isNews) {
      this.fresh.set(row.id, Date.now() + FRESH_MS);
      if (old && old.grade !== row.grade) row.mark = `was ${this.written(old.grade)}`;
      else if (old) row.mark ||= CORRECTED;
    }
    this.rows.set(row.id, row);
  }

  // Something came that somebody waits for.
  announce() {
    this.hasNews = document.visibilityState !== "visible";
    this.drawTitle();
  }

  // Announced: the results come out at an hour, and there are none before.
  get isHeldBack() {
    return (this.exam?.releaseAt ?? null) !== null;
  }

  // Drawing.

  draw() {
    const hasExam = this.exam !== null;
    if (hasExam || this.isGone) delete this.root.dataset.drawn;
    // What the server drew stays until the stream has something to say.
    if ("drawn" in this.root.dataset) return this.drawStatus();
    for (const name of [".tiles", ".tools", ".list", ".download"]) this.part(name).hidden = !hasExam || (this.rows.size === 0 && !(this.isOwnOnly && name === ".tiles"));
    this.part(".empty").hidden = hasExam && (this.rows.size > 0 || this.isHeldBack || this.isOwnOnly);
    this.part(".release").hidden = !this.isHeldBack;
    setText(this.part(".empty"), hasExam ? "No result is in yet. Each one appears here as soon as it is entered." : this.isGone ? GONE : this.feed?.load === "NO_ROOM" ? NO_ROOM : "Loading …");
    this.drawHeading();
    if (hasExam) this.own.update(this.exam, this.rows, this.numbers, this.spreadS);
    else this.own.clear();
    if (hasExam && !this.isHeldBack) {
      this.drawNumbers();
      this.order();
    } else {
      // Nothing of an exam that is not published, or of results that are not out, stays in the page, not even hidden.
      this.chart.clear();
      this.part(".statistics").hidden = true;
      for (const name of [".tiles", ".statistics tbody", ".rule", ".picked"]) this.part(name).replaceChildren();
      this.part(".download a").removeAttribute("href");
      this.ordered = [];
      this.drawRows();
    }
    this.drawHour();
    this.drawStatus();
    // The page that the server drew first gives its place to this one.
    if (hasExam || this.isGone) document.dispatchEvent(new CustomEvent("exam-board-drawn", { detail: this.root }));
  }

  drawHeading() {
    const { exam } = this;
    setText(this.part(".subject"), exam?.subject ?? PLAIN_TITLE);
    setText(this.part(".facts"), exam ? `${exam.date} · \u2068${exam.teacher}\u2069 · ${exam.scale}` : "");
    if (exam) this.part(".download a").href = new URL(`board/${exam.id}.csv`, document.baseURI);
    this.drawTitle();
  }

  drawHour() {
    const node = this.part("time.hour");
    if (this.isHeldBack) {
      const time = new Date(this.exam.releaseAt * 1000);
      setAttribute(node, "datetime", time.toISOString());
      setText(node, hourText(time));
    }
    this.drawCountdown();
  }

  drawCountdown() {
    const dueAt = this.dueAt ?? (this.isHeldBack ? performance.now() + this.exam.releaseAt * 1000 - Date.now() : null);
    setText(this.part(".countdown"), this.isHeldBack ? untilText(dueAt - performance.now()) : "");
  }

  drawTitle() {
    const title = this.exam ? `${this.exam.subject} · ${PLAIN_TITLE}` : PLAIN_TITLE;
    const shown = this.hasNews ? `● New result · ${title}` : title;
    if (document.title !== shown) document.title = shown;
  }

  // The numbers come from the server, which computes them once for all pages: here they are only drawn.

  drawNumbers() {
    if (!this.numbers) return; // they follow in a moment
    const { tiles, statistics, rule } = this.numbers;
    const tile = () => build("div", "tile", build("dt"), build("dd"));
    const line = () => build("tr", "", build("th"), build("td"));
    const fill = (node, [name, value]) => {
      setText(node.firstChild, name);
      setText(node.lastChild, this.written(value));
    };
    fillChildren(this.part(".tiles"), tiles, tile, fill);
    fillChildren(this.part(".statistics tbody"), statistics, line, (node, item) => {
      node.firstChild.scope = "row";
      fill(node, item);
    });
    setText(this.part(".rule"), rule);
    this.part(".statistics").hidden = this.rows.size === 0 && !this.isOwnOnly;
    this.chart.show(this.exam, this.numbers, (this.own.mine ?? this.rows.get(this.own.id))?.bar ?? null);
  }

  // Another result is mine.
  drawOwn() {
    if (this.exam === null) return;
    this.drawNumbers();
    this.drawRows();
  }

  showOwn() {
    const isHidden = () => this.ordered.findIndex((row) => row.id === this.own.id) < 0;
    if (isHidden()) {
      this.search = this.part(".search").value = "";
      this.order();
    }
    this.show(this.ordered.findIndex((row) => row.id === this.own.id));
    this.selected = this.own.id;
    this.drawRows();
    this.part(".list").focus({ preventScroll: true });
    this.part(".list").scrollIntoView({ block: "nearest" });
  }

  sortBy(key) {
    if (!key) return;
    this.sort = { key, direction: this.sort.key === key ? -this.sort.direction : key === "student" ? 1 : -1 };
    for (const head of this.root.querySelectorAll(".rows th")) {
      const isKey = head.firstElementChild.dataset.sort === key;
      head.setAttribute("aria-sort", isKey ? (this.sort.direction > 0 ? "ascending" : "descending") : "none");
    }
    this.part(".list").scrollTop = 0;
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
    const hasCodes = this.exam?.audience === "CODES";
    const code = hasCodes && this.search.trim() ? codePattern(this.search) : "";
    const isFound = (row) => hasWords(row.student, this.search) || (code && new RegExp(code).test(row.student));
    const rows = [...this.rows.values()].filter(isFound);
    const byStudent = (a, b) => (hasCodes ? 0 : compareTexts((a.sortKey ??= sortKey(a.student)), (b.sortKey ??= sortKey(b.student)))) || compareTexts(a.student, b.student) || compareTexts(a.id, b.id);
    // With codes no time is sent: rows that this page has seen arrive come first, in no order of their own.
    const value = { student: null, grade: (row) => row.score ?? -1, news: (row) => row.received || Number(this.isFresh(row)) }[this.sort.key];
    rows.sort((a, b) => (value && (value(a) - value(b)) * this.sort.direction) || byStudent(a, b) * (value ? 1 : this.sort.direction));
    this.keepPlace(rows);
    setText(this.part(".found"), this.search.trim() ? `${rows.length} of ${this.rows.size}` : "");
    this.drawRows();
  }

  // The first row in view stays where it is, whatever comes or goes above it.
  keepPlace(rows) {
    const list = this.part(".list");
    const first = Math.floor(list.scrollTop / ROW_PX);
    const places = new Map(rows.map((row, index) => [row.id, index]));
    const before = list.scrollTop > 0 ? this.ordered.slice(first).find((row) => places.has(row.id)) : undefined;
    const moved = before ? places.get(before.id) - this.ordered.indexOf(before) : 0;
    this.ordered = rows;
    if (moved === 0) return;
    this.drawRows(); // the list must be as long as it will be before it can be scrolled
    list.scrollTop += moved * ROW_PX;
  }

  drawRows() {
    const list = this.part(".list");
    const body = this.part(".rows tbody");
    const first = this.isPrinting ? 0 : Math.max(0, Math.floor(list.scrollTop / ROW_PX) - MARGIN_ROWS);
    const last = this.isPrinting ? this.ordered.length : Math.min(this.ordered.length, first + Math.ceil((list.clientHeight || 420) / ROW_PX) + 2 * MARGIN_ROWS);
    const kept = new Map([...body.querySelectorAll("tr[data-id]")].map((node) => [node.dataset.id, node]));
    const nodes = [spacer(body.querySelector(".before"), "before", first)];
    this.ordered.slice(first, last).forEach((row, index) => {
      const node = kept.get(row.id) ?? newRow(row.id);
      this.fillRow(node, row);
      setAttribute(node, "aria-rowindex", String(first + index + 2));
      nodes.push(node);
    });
    nodes.push(spacer(body.querySelector(".after"), "after", this.ordered.length - last));
    nodes.forEach((node, index) => {
      if (body.children[index] !== node) body.insertBefore(node, body.children[index] ?? null);
    });
    while (body.children.length > nodes.length) body.lastChild.remove();
    const picked = this.rows.get(this.selected);
    setText(this.part(".picked"), picked ? `Selected: ${picked.student}, ${this.written(picked.grade)}` : "");
    this.part(".rows").setAttribute("aria-rowcount", String(this.ordered.length + 1));
  }

  fillRow(node, row) {
    const isFresh = this.isFresh(row);
    if (!isFresh) this.fresh.delete(row.id);
    setText(node.children[0], row.student);
    setText(node.children[1], this.written(row.grade));
    const mark = (isFresh && row.mark) || (row.isCorrected && CORRECTED);
    setText(node.children[2], mark ? `✎ ${mark}` : isFresh ? "● new" : "");
    node.classList.toggle("fresh", isFresh);
    node.classList.toggle("own", row.id === this.own.id);
    setAttribute(node, "aria-selected", String(row.id === this.selected));
  }

  isFresh(row) {
    return (this.fresh.get(row.id) ?? 0) > Date.now();
  }

  written(text) {
    return localized(text, this.exam?.hasNumbers);
  }

  drawStatus() {
    const isCut = this.cutAt && Date.now() - this.cutAt > CUT_MS;
    const isHeard = !isCut && Date.now() - this.lastMessageAt < STALE_MS;
    const isCurrent = isHeard && this.feed?.state === "LIVE";
    const isLoading = this.feed?.load === "LOADING"; // where there is no exam yet, nothing on the page is old
    const behind = isHeard && !(isLoading && this.exam === null) ? BEHIND.get(this.feed?.load) : undefined;
    const isLive = isCurrent && !behind;
    const asOf = isHeard && (this.feed?.asOf || behind) ? this.feed.asOf * 1000 : Math.max(this.lastMessageAt, this.polledAt ?? 0);
    const time = asOf ? timeText(new Date(asOf)) : null;
    const state = isLive ? "live" : this.lastMessageAt === 0 && this.failures === 0 ? "connecting" : "stale";
    if (this.root.dataset.state !== state) this.root.dataset.state = state;
    const isBehindOnly = isCurrent || (isHeard && this.feed?.load === "NO_ROOM");
    const why = isBehindOnly ? behind : isHeard ? "the server has no connection to the results" : this.isUnreachable ? `this page asks again every ${this.refreshS} s` : "no connection; trying again";
    const live = this.isGone || this.isHeldBack ? "Waiting for the results" : "Live";
    setText(this.part(".status-text"), isLive ? live : state === "connecting" ? "Connecting …" : time ? `Not live: as of ${time}, ${why}` : `Not live: ${why}`);
  }
}

// With its date, unless it is today.
function timeText(time) {
  return time.toDateString() === new Date().toDateString() ? time.toLocaleTimeString() : time.toLocaleString();
}

function rowOf([id, student, grade, version, received, score, bar, corrected]) {
  return { id, student, grade, version, received: received * 1000, score, bar, isCorrected: corrected === 1 };
}

function newRow(id) {
  const node = build("tr", "", build("td"), build("td"), build("td"));
  node.dataset.id = id;
  node.firstChild.dir = "auto"; // a name's own direction, whatever the page's is
  return node;
}

function spacer(node, name, rows) {
  if (!node) {
    const cell = build("td");
    cell.colSpan = 3;
    node = build("tr", `space ${name}`, cell);
    node.setAttribute("aria-hidden", "true");
  }
  node.firstChild.style.height = `${rows * ROW_PX}px`;
  return node;
}
