"use strict";
const search = document.getElementById("search");
const none = document.getElementById("none");
const prose = document.querySelectorAll(".prose");
const calls = [...document.querySelectorAll(".group .call")].map((element) => ({
  element,
  entry: document.querySelector(`[data-call="${element.querySelector(".body").id}"]`),
  head: element.querySelector("summary").textContent.toLowerCase(),
  all: element.textContent.toLowerCase(),
}));

function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  if (search.value) filter((search.value = ""));
  for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  target.scrollIntoView();
}

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const has = (text) => words.every((word) => text.includes(word));
  const inHeads = calls.some((call) => has(call.head));
  let found = 0;
  for (const call of calls) {
    const shown = has(inHeads ? call.head : call.all);
    found += shown;
    call.element.hidden = call.entry.hidden = !shown;
  }
  for (const group of document.querySelectorAll(".group"))
    group.hidden = !group.querySelector(".call:not([hidden])");
  for (const part of prose) part.hidden = words.length > 0;
  none.hidden = found > 0;
}

async function copy(button) {
  const text = button.nextElementSibling;
  try {
    await navigator.clipboard.writeText(text.textContent);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(text);
    button.textContent = "Selected";
  }
  setTimeout(() => (button.textContent = "Copy"), 1500);
}

for (const button of document.querySelectorAll(".copy")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(button));
}
search.hidden = false;
search.addEventListener("input", filter);
addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target === search || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  search.focus();
});
addEventListener("hashchange", reveal);
reveal();
