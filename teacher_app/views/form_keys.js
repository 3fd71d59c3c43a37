// Enter in a field presses the form's button; faults are marked on their fields; the focus goes where it is wanted.

const withKey = (key) => document.querySelector(`.st-key-${CSS.escape(key)}`);

const begun = new WeakSet(); // the forms in which the cursor was put into the first field

// Streamlit draws a field some moments after its place, and shows it later still.
function beginIn(key, untilMs) {
  if (document.activeElement?.matches("input, textarea")) return;
  withKey(key)?.querySelector("input")?.focus();
  if (performance.now() < untilMs) requestAnimationFrame(() => beginIn(key, untilMs));
}

export default function ({ data, parentElement }) {
  const fields = (data.faults ?? []).map((key) => withKey(key)?.querySelector("input, textarea")).filter(Boolean);
  for (const field of fields) {
    field.setAttribute("aria-invalid", "true");
    field.addEventListener("input", () => field.removeAttribute("aria-invalid"), { once: true });
  }
  fields[0]?.focus();
  if (data.focus) {
    const wanted = withKey(data.focus);
    if (wanted) Object.assign(wanted, { tabIndex: -1 }).focus();
  }
  if (data.begin && !begun.has(parentElement)) {
    begun.add(parentElement);
    beginIn(data.begin, performance.now() + 10_000);
  }
  const press = (event) => {
    const isField = event.target.matches?.("input[type=text]") && event.target.closest(`[class*="st-key-${data.fields}"]`);
    if (event.key !== "Enter" || event.isComposing || !isField || event.target.getAttribute("role") === "combobox") return;
    // After Streamlit has taken over what was typed, which it does on Enter too.
    setTimeout(() => withKey(data.button)?.querySelector("button")?.click());
  };
  if (data.button) document.addEventListener("keydown", press);
  return () => document.removeEventListener("keydown", press);
}
