// Conveniences for the gate's forms, all of which work without it.

// The dashboard's open tabs look whether their session has ended.
new BroadcastChannel("exam-results-session").postMessage("look");

// A button that reveals a password.
for (const input of document.querySelectorAll(".secret > input")) {
  const label = document.querySelector(`label[for="${input.id}"]`).textContent.toLowerCase();
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet";
  const show = (isShown) => {
    input.type = isShown ? "text" : "password";
    button.textContent = isShown ? "Hide" : "Show";
    button.setAttribute("aria-label", `${button.textContent} ${label}`);
  };
  button.addEventListener("click", () => show(input.type === "password"));
  // When the form is sent, browsers and password managers must find a password field.
  input.form.addEventListener("submit", () => show(false));
  show(false);
  input.after(button);
}

// Ticks each rule that the password satisfies; after a pause in typing, announces how many are left.
for (const list of document.querySelectorAll("[data-rules-for]")) {
  const input = document.getElementById(list.dataset.rulesFor);
  const spoken = document.createElement("p");
  spoken.className = "only-read";
  spoken.setAttribute("role", "status");
  list.after(spoken);
  const rules = [...list.children].map((item) => {
    const state = document.createElement("span");
    state.className = "only-read";
    item.append(state);
    return { item, state, pattern: new RegExp(item.dataset.pattern) };
  });
  let rest;
  const look = () => {
    let left = 0;
    for (const { item, state, pattern } of rules) {
      const isMet = input.value !== "" && pattern.test(input.value);
      item.classList.toggle("met", isMet);
      state.textContent = isMet ? " (met)" : " (missing)";
      left += isMet ? 0 : 1;
    }
    clearTimeout(rest);
    rest = setTimeout(() => {
      spoken.textContent = left === 0 ? "All rules are met." : `${left} of ${rules.length} rules are missing.`;
    }, 800);
  };
  for (const { item, state, pattern } of rules) {
    state.textContent = input.value !== "" && pattern.test(input.value) ? " (met)" : " (missing)";
    item.classList.toggle("met", input.value !== "" && pattern.test(input.value));
  }
  input.addEventListener("input", look);
}

// A second press while a request is pending would use a challenge twice. After a cancelled one it is allowed.
const STOPPED_AFTER_MS = 8000;
for (const form of document.forms) {
  let isSent = false;
  form.addEventListener("submit", (event) => {
    if (isSent) {
      event.preventDefault();
      return;
    }
    isSent = true;
    setTimeout(() => { isSent = false; }, STOPPED_AFTER_MS);
  });
  window.addEventListener("pageshow", () => { isSent = false; });
}
