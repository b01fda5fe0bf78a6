// Small helpers for the page around the map: elements with plain text (never HTML), clock times.

/** An element with a class, text and children; text is always set as text, so a street's name cannot be markup. */
export function element(tag, className, text = "", children = []) {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  made.append(...children);
  return made;
}

export function clock(seconds) {
  const minutes = Math.floor(seconds / 60);
  return [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, "0")).join(":");
}

export function number(value, language) {
  return new Intl.NumberFormat(language).format(value);
}
