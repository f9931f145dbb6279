"use strict";
// Keys of the list: "/" to the text, j and k from job to job; Enter opens what a link has.

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
  if (event.key === "/") {
    event.preventDefault();
    document.querySelector('input[name="text"]')?.focus();
    return;
  }
  const step = { j: 1, k: -1 }[event.key];
  if (step === undefined) return;
  const jobs = [...document.querySelectorAll("a.job")];
  const at = jobs.indexOf(document.activeElement);
  jobs[Math.max(0, Math.min(jobs.length - 1, at < 0 ? 0 : at + step))]?.focus();
});
