// Fetches the page anew every ten seconds and puts its main part in place, unless somebody is at work on it.
// Pages work without this file: they then reload by themselves (see <noscript> in base.html).
"use strict";

(function () {
  var main = document.querySelector("main[data-refresh]");
  if (!main) { return; }
  var EVERY_MS = Number(main.dataset.refresh) * 1000;

  function isBusy() {
    if (document.hidden || String(window.getSelection())) { return true; }
    var active = document.activeElement;
    if (active && /^(INPUT|SELECT|TEXTAREA)$/.test(active.tagName)) { return true; }
    return Array.prototype.some.call(document.querySelectorAll("main input, main textarea"), function (one) {
      return one.type === "checkbox" ? one.checked !== one.defaultChecked : one.value !== one.defaultValue;
    });
  }

  function refresh() {
    if (isBusy()) { return; }
    var address = new URL(window.location.href);
    address.searchParams.set("idle", "1");
    fetch(address, { credentials: "same-origin" }).then(function (answer) {
      if (answer.redirected) { window.location.reload(); return null; }
      return answer.ok ? answer.text() : null;
    }).then(function (text) {
      var fresh = text && new DOMParser().parseFromString(text, "text/html").querySelector("main");
      var shown = document.querySelector("main");
      if (fresh && shown && !isBusy()) { shown.replaceWith(document.adoptNode(fresh)); showAll(); }
    }).catch(function () {
      var shown = document.querySelector("[data-as-of]");
      if (shown) { shown.classList.add("late"); }
    });
  }

  // One tick for a whole page; shown only where this file runs.
  function showAll() {
    document.querySelectorAll("input[data-all]").forEach(function (one) {
      one.hidden = !document.querySelector("main tbody input[name=key]");
    });
  }
  document.addEventListener("change", function (event) {
    if (!event.target.matches("input[data-all]")) { return; }
    document.querySelectorAll("main tbody input[name=key]").forEach(function (one) {
      one.checked = event.target.checked;
    });
  });
  showAll();

  window.setInterval(refresh, EVERY_MS);
  document.addEventListener("visibilitychange", refresh);
}());
