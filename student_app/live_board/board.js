// Draws one exam live. Rows are kept by id and version, so messages may overlap; only nodes that change are
// touched. Each mounted board has one EventSource, reopened with backoff after a refusal.

const STALE_MS = 8400; // a little over two heartbeats: the board says within 10 s that it is not live
const UNREACHABLE_FAILURES = 3; // then the page's own refresh takes over
const ROW_PX = 36;
const MARGIN_ROWS = 12; // drawn above and below the visible rows, so that fast scrolling shows no gap
const FRESH_MS = 60000; // how long a row is marked as new or corrected
const GONE_SPREAD_MS = 500; // over which all viewers' pages refresh when their exam is withdrawn
const GONE = "This exam is not published, or not any more. It appears here by itself the moment it is: leave this page open.";
const NO_ROOM = "More people are watching other exams than this server has room for. This exam appears here by itself as soon as there is room: leave this page open.";
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
    this.numbers = null;
    this.feed = null;
    this.lastMessageAt = 0;
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
    this.ticker = setInterval(() => this.tick(), 500);
    this.onVisible = () => {
      if (document.visibilityState === "visible") this.wake();
    };
    document.addEventListener("visibilitychange", this.onVisible);
    this.onPrint = (event) => {
      this.isPrinting = event.type === "beforeprint";
      this.drawRows();
    };
    for (const kind of ["beforeprint", "afterprint"]) window.addEventListener(kind, this.onPrint);
  }

  configure(data, trigger) {
    this.trigger = trigger;
    this.own = data.own ?? null;
    this.refreshS = data.refresh_s ?? 30;
    this.isAwaited = data.is_awaited ?? false; // the page was drawn without the exam, which may be there by now
    if (data.exam_id !== this.examId) {
      this.examId = data.exam_id;
      this.rows.clear();
      this.deleted.clear();
      this.fresh?.clear();
      this.exam = this.numbers = null;
      this.connect();
    }
    // Where no stream can be opened, the page's own refreshes bring the results.
    if (data.snapshot && Date.now() - this.lastMessageAt > STALE_MS) {
      this.polledAt = data.snapshot.feed.state === "LIVE" ? Date.now() : (data.snapshot.feed.asOf ?? 0) * 1000;
      this.onSnapshot(data.snapshot, { isPolled: true });
    }
    this.draw();
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
    on("feed", (message) => {
      if (message.load === "NO_ROOM") message.asOf = this.feed?.asOf ?? null; // the rows shown stay as old as they are
      this.feed = message;
      this.spreadS = message.spread;
      if (this.exam === null) this.draw();
    });
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) this.reconnectLater();
    };
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
    if (this.isRefreshDue) this.requestRefresh();
    this.tick();
  }

  tick() {
    this.drawStatus();
    // Streamlit covers the page, and takes the keyboard, when its server stops; the status says so already.
    const dialog = document.querySelector(".stDialog");
    if (dialog?.textContent.includes("Connection error")) dialog.querySelector("button[aria-label=Close]")?.click();
    if (this.source.readyState !== EventSource.CLOSED && Date.now() - Math.max(this.lastMessageAt, this.openedAt) > 3 * STALE_MS) this.reconnectLater();
    const now = Date.now();
    if ([...this.fresh ?? []].some(([, until]) => until < now)) this.drawRows();
  }

  close() {
    this.source?.close();
    clearTimeout(this.retryTimer);
    clearTimeout(this.refreshTimer);
    clearInterval(this.ticker);
    document.removeEventListener("visibilitychange", this.onVisible);
    for (const kind of ["beforeprint", "afterprint"]) window.removeEventListener(kind, this.onPrint);
  }

  // Messages.

  onSnapshot(message, { isPolled = false } = {}) {
    const hadExam = this.exam !== null;
    const previous = this.rows;
    this.exam = message.exam;
    this.feed = message.feed;
    this.numbers = message.numbers ?? this.numbers;
    this.rows = new Map();
    this.deleted.clear();
    for (const fields of message.rows) {
      const row = rowOf(fields);
      const old = previous.get(row.id);
      this.place(row, old, hadExam && (!old || old.version < row.version));
    }
    // Also when an awaited exam arrives: the rest of the page is drawn then.
    if ((hadExam || this.isGone || this.isAwaited) && !isPolled) this.requestRefresh();
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
      this.fresh?.delete(id);
    }
    this.requestRefresh();
    this.draw();
  }

  onNumbers(message) {
    this.numbers = message;
    if (this.exam !== null) this.draw();
  }

  onGone() {
    // Also while the page is hidden, and without the pause between refreshes: nothing withdrawn stays in it.
    if (this.exam !== null) setTimeout(() => this.trigger("changed", Date.now()), Math.random() * GONE_SPREAD_MS);
    this.exam = this.numbers = null;
    this.rows.clear();
    this.fresh?.clear();
    this.isGone = true;
    this.draw();
  }

  place(row, old, isNews) {
    row.mark = old && this.isFresh(old) ? old.mark : "";
    if (isNews) {
      this.fresh ??= new Map();
      this.fresh.set(row.id, Date.now() + FRESH_MS);
      if (old && old.grade !== row.grade) row.mark = `was ${old.grade}`;
      else if (old) row.mark ||= "corrected";
    }
    this.rows.set(row.id, row);
  }

  requestRefresh() {
    // One refresh of the rest of the page after changes, at most every refreshS, only while the page is visible.
    if (this.refreshTimer || document.visibilityState !== "visible") {
      this.isRefreshDue = true;
      return;
    }
    this.isRefreshDue = false;
    // Spread over all viewers, as the server says: a thousand pages must not rerun at the same moment.
    const rest = (this.refreshedAt ?? 0) + Math.max(this.refreshS, this.spreadS) * 1000 - Date.now();
    const pause = Math.max(rest, Math.random() * this.spreadS * 1000);
    this.refreshTimer = setTimeout(() => {
      this.refreshTimer = null;
      this.refreshedAt = Date.now();
      if (document.visibilityState === "visible") this.trigger("changed", this.refreshedAt);
      if (this.isRefreshDue) this.requestRefresh();
    }, pause);
  }

  // Drawing.

  draw() {
    const hasExam = this.exam !== null;
    if (hasExam || this.isGone) delete this.root.dataset.drawn;
    // What the server drew stays until the stream has something to say.
    if ("drawn" in this.root.dataset) return this.drawStatus();
    for (const name of [".tiles", ".tools", ".list"]) this.part(name).hidden = !hasExam || this.rows.size === 0;
    this.part(".empty").hidden = hasExam && this.rows.size > 0;
    setText(this.part(".empty"), hasExam ? "No result is in yet. This page shows each one as it comes." : this.isGone ? GONE : this.feed?.load === "NO_ROOM" ? NO_ROOM : "Loading …");
    if (hasExam) {
      this.isGone = false;
      this.drawNumbers();
      this.order();
    } else {
      // Nothing of an unpublished exam stays in the page, not even hidden.
      this.part(".chart").hidden = true;
      this.part(".tiles").replaceChildren();
      this.ordered = [];
      this.drawRows();
    }
    this.drawStatus();
    // The page that the server drew first gives its place to this one.
    if (hasExam || this.isGone) document.dispatchEvent(new CustomEvent("exam-board-drawn", { detail: this.root }));
  }

  // The numbers come from the server, which computes them once for all pages: here they are only drawn.

  drawNumbers() {
    if (!this.numbers) return; // they follow in a moment
    const list = this.part(".tiles");
    const { tiles, bars } = this.numbers;
    while (list.children.length > tiles.length) list.lastChild.remove();
    tiles.forEach(([name, value], index) => {
      let tile = list.children[index];
      if (!tile) {
        tile = build("div", "tile", document.createElement("dt"), document.createElement("dd"));
        list.append(tile);
      }
      setText(tile.firstChild, name);
      setText(tile.lastChild, value);
    });
    const axis = this.exam.axis;
    this.part(".chart").hidden = bars.length === 0;
    // An edit of the scale brings the axis first, and its numbers a moment later.
    if (bars.length === axis.bars.length) this.drawChart(axis, this.numbers);
  }

  drawChart(axis, { bars, marks, words }) {
    const plot = this.part(".plot");
    const table = this.part(".chart-table tbody");
    const shape = JSON.stringify(axis);
    if (plot.dataset.shape !== shape) {
      plot.dataset.shape = shape;
      plot.replaceChildren(...axis.bars.map(() => build("div", "bin", build("span", "count"), build("div", "bar"))));
      const ticks = axis.bars.map(([, tick]) => build("span", "", tick));
      this.part(".axis").replaceChildren(...ticks, ...(axis.last ? [build("span", "last", axis.last)] : []));
      this.part(".axis").classList.toggle("ends", axis.last !== "");
      table.replaceChildren(...axis.bars.map(([label]) => {
        const head = build("th", "", label);
        head.scope = "row";
        return build("tr", "", head, document.createElement("td"), document.createElement("td"));
      }));
    }
    const ownBar = this.rows.get(this.own)?.bar ?? null;
    bars.forEach(([count, height, share, text], index) => {
      const node = plot.children[index];
      const isOwn = index === ownBar;
      setText(node.querySelector(".count"), count ? String(count) : "");
      node.querySelector(".bar").style.height = `${height}%`;
      node.classList.toggle("own", isOwn);
      node.classList.toggle("right", index >= bars.length / 2);
      const words = isOwn ? `${text}, my result among them` : text;
      for (const [name, value] of [["tabindex", "0"], ["role", "img"], ["aria-label", words], ["data-tip", words]]) setAttribute(node, name, count ? value : null);
      setText(table.children[index].children[1], String(count));
      setText(table.children[index].children[2], share);
    });
    for (const old of plot.querySelectorAll(".mark")) old.remove();
    plot.append(...marks.map(([left, text]) => {
      const mark = build("div", left > 50 ? "mark end" : "mark", build("span", "", text));
      mark.style.left = `${left}%`;
      mark.setAttribute("aria-hidden", "true");
      return mark;
    }));
    setText(this.part(".chart-title"), ownBar === null ? "Distribution" : "Distribution (▼ hatched: my result)");
    setAttribute(plot, "aria-label", ownBar === null ? words : `${words} My result is in ${axis.bars[ownBar][0]}.`);
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
    const value = { student: null, grade: (row) => row.score ?? -1, news: (row) => row.received || Number(this.isFresh(row)) }[this.sort.key];
    rows.sort((a, b) => (value && (value(a) - value(b)) * this.sort.direction) || byName(a, b) * (value ? 1 : this.sort.direction));
    this.ordered = rows;
    setText(this.part(".found"), wanted ? `${rows.length} of ${this.rows.size}` : "");
    this.drawRows();
  }

  drawRows() {
    const list = this.part(".list");
    const body = this.part(".rows tbody");
    const first = this.isPrinting ? 0 : Math.max(0, Math.floor(list.scrollTop / ROW_PX) - MARGIN_ROWS);
    const last = this.isPrinting ? this.ordered.length : Math.min(this.ordered.length, first + Math.ceil((list.clientHeight || 420) / ROW_PX) + 2 * MARGIN_ROWS);
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
    setText(this.part(".picked"), picked ? `Selected: ${picked.student}, ${picked.grade}` : "");
    this.part(".rows").setAttribute("aria-rowcount", String(this.ordered.length + 1));
  }

  fillRow(node, row) {
    const isFresh = this.isFresh(row);
    if (!isFresh) this.fresh?.delete(row.id);
    setText(node.children[0], row.student);
    setText(node.children[1], row.grade);
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
    const isHeard = Date.now() - this.lastMessageAt < STALE_MS;
    const hasRoom = this.feed?.load !== "NO_ROOM";
    const isLive = isHeard && hasRoom && this.feed?.state === "LIVE";
    const asOf = isHeard && (this.feed?.asOf || !hasRoom) ? this.feed.asOf * 1000 : Math.max(this.lastMessageAt, this.polledAt ?? 0);
    const time = asOf ? new Date(asOf).toLocaleTimeString() : null;
    const state = isLive ? "live" : this.lastMessageAt === 0 && this.failures === 0 ? "connecting" : "stale";
    if (this.root.dataset.state !== state) this.root.dataset.state = state;
    const why = isHeard && !hasRoom ? "more people are watching other exams" : isHeard ? "the server is catching up" : this.isUnreachable ? `this page asks again every ${this.refreshS} s` : "no connection; trying again";
    setText(this.part(".status-text"), isLive ? "Live" : state === "connecting" ? "Connecting …" : time ? `Not live: as of ${time}, ${why}` : `Not live: ${why}`);
  }
}

function rowOf([id, student, grade, version, received, score, bar]) {
  return { id, student, grade, version, received: received * 1000, score, bar, folded: student.toLocaleLowerCase() };
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function setAttribute(node, name, value) {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
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
  node.firstChild.dir = "auto"; // a name's own direction, whatever the page's is
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

