// SPDX-License-Identifier: GPL-2.0-or-later
// Keeps the page up to date: fetches it anew and takes over what changed. What the reader opened stays open.
"use strict";
(() => {
  const SECONDS = 5;
  let paused = false;
  const status = document.createElement("span");
  const button = document.createElement("button");

  const key = (details) => (details.closest("section")?.id ?? "") + "/" + (details.querySelector("summary")?.textContent ?? "");
  const show = (text) => { status.textContent = text; };

  async function refresh() {
    const main = document.querySelector("main");
    const opened = new Map([...main.querySelectorAll("details")].map((details) => [key(details), details.open]));
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
    for (const details of fresh.querySelectorAll("details"))
      if (opened.has(key(details))) details.open = opened.get(key(details));
    main.replaceWith(document.importNode(fresh, true));
    show("updated " + new Date().toLocaleTimeString());
  }

  // The page of a moment is kept while somebody reads it: a selection, a hidden tab.
  async function tick() {
    if (!paused && !document.hidden && getSelection().isCollapsed)
      await refresh().catch(() => show("gpuwatch-exporter does not answer; this page is of " + loaded));
    setTimeout(tick, SECONDS * 1000);
  }

  const loaded = new Date().toLocaleTimeString();
  button.type = "button";
  button.textContent = "Pause";
  button.addEventListener("click", () => {
    paused = !paused;
    button.textContent = paused ? "Go on" : "Pause";
    show(paused ? "paused" : "");
  });
  const bar = document.querySelector(".refresh");
  bar.append(button, " ", status);
  setTimeout(tick, SECONDS * 1000);
})();
