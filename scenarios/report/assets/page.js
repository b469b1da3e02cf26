(() => {
"use strict";
const root = document.documentElement;
const all = (selector, from = document) => Array.from(from.querySelectorAll(selector));
const lang = () => root.dataset.lang;

// Language: style sheets hide the other one; only attributes and options need a hand.
function speak(which) {
  root.dataset.lang = which;
  root.lang = which === "zh" ? "zh-CN" : "en-GB";
  all("svg.map").forEach(map => { map.dataset.lang = which; });
  all("[data-zh][aria-label]").forEach(one => one.setAttribute("aria-label", one.dataset[which]));
  all("option[data-zh]").forEach(one => { one.textContent = one.dataset[which]; });
  all("[data-speak]").forEach(one => one.setAttribute("aria-pressed", String(one.dataset.speak === which)));
  document.title = document.querySelector("title").dataset[which];
}
all("[data-speak]").forEach(one => one.addEventListener("click", () => speak(one.dataset.speak)));
all("[data-print]").forEach(one => one.addEventListener("click", () => window.print()));

// One incident alone: everything that does not serve it is dimmed on the map and left out of the tables.
const chooser = document.querySelector("#only");
let chosen = "";
function only(number) {
  chosen = number;
  all("[data-i]").forEach(one => {
    const serves = one.dataset.i.split(" ").includes(number);
    one.classList.toggle("dim", number !== "" && !serves);
    one.classList.toggle("hit", number !== "" && serves);
  });
  all("[data-only]").forEach(one => one.setAttribute("aria-pressed", String(one.dataset.only === number)));
  if (chooser) chooser.value = number;
}
if (chooser) chooser.addEventListener("change", () => only(chooser.value));
all("[data-only]").forEach(one => one.addEventListener("click", () => only(chosen === one.dataset.only ? "" : one.dataset.only)));
document.addEventListener("keydown", event => { if (event.key === "Escape" && chosen) only(""); });

const map = document.querySelector("svg.map");
if (!map) return;
const world = map.querySelector(".world"), view = map.querySelector(".view");
const width = view.viewBox.baseVal.width, height = view.viewBox.baseVal.height;

all("[data-hides]").forEach(one => one.addEventListener("change", () => map.classList.toggle(one.dataset.hides, !one.checked)));
all(".incident[data-i]", map).forEach(one => {
  const choose = () => only(chosen === one.dataset.i ? "" : one.dataset.i);
  one.addEventListener("click", () => { if (!dragged) choose(); });
  one.addEventListener("keydown", event => {
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(); }
  });
});

// Zoom and move. Markers keep their size through --k.
let x = 0, y = 0, k = 1, dragged = false;
const bar = map.querySelector(".scale .bar"), barTexts = all(".scale text", map), scale = map.querySelector(".scale");
function measure() {
  const most = Number(view.dataset.metres) / k * 140, power = 10 ** Math.floor(Math.log10(most));
  const metres = [5, 2, 1].find(step => step * power <= most) * power;
  const wide = metres / Number(view.dataset.metres) * k;
  bar.setAttribute("d", `M0-6v6h${wide.toFixed(1)}v-6`);
  barTexts.forEach(text => {
    const words = scale.dataset[(metres >= 1000 ? "km" : "m") + (text.getAttribute("lang") === "en" ? "En" : "Zh")];
    text.textContent = words.replace("#", metres >= 1000 ? metres / 1000 : metres);
    text.setAttribute("x", (wide / 2).toFixed(1));
  });
}
function draw() {
  k = Math.min(40, Math.max(1, k));
  x = Math.min(0, Math.max(width * (1 - k), x));
  y = Math.min(0, Math.max(height * (1 - k), y));
  world.setAttribute("transform", `translate(${x.toFixed(2)} ${y.toFixed(2)}) scale(${k.toFixed(4)})`);
  map.style.setProperty("--k", (1 / k).toFixed(5));
  map.classList.toggle("close", k >= 2);
  map.classList.toggle("closer", k >= 5);
  measure();
}
function zoom(by, at = [width / 2, height / 2]) {
  const before = k;
  k = Math.min(40, Math.max(1, k * by));
  x = at[0] - (at[0] - x) * k / before;
  y = at[1] - (at[1] - y) * k / before;
  draw();
}
const place = event => {
  const box = map.getBoundingClientRect(), perUnit = box.width / width;
  return [(event.clientX - box.left) / perUnit, (event.clientY - box.top) / perUnit];
};
const commands = {in: () => zoom(1.6), out: () => zoom(1 / 1.6), reset: () => { x = y = 0; k = 1; draw(); }};
all("[data-map]").forEach(one => one.addEventListener("click", commands[one.dataset.map]));
map.setAttribute("tabindex", "0");
map.addEventListener("wheel", event => {
  if (!map.contains(document.activeElement)) return;
  event.preventDefault();
  zoom(event.deltaY < 0 ? 1.25 : 0.8, place(event));
}, {passive: false});
map.addEventListener("dblclick", commands.reset);
map.addEventListener("keydown", event => {
  const step = 80, keys = {
    ArrowLeft: () => { x += step; draw(); }, ArrowRight: () => { x -= step; draw(); },
    ArrowUp: () => { y += step; draw(); }, ArrowDown: () => { y -= step; draw(); },
    "+": commands.in, "=": commands.in, "-": commands.out, "0": commands.reset,
  };
  if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
});
let from = null;
map.addEventListener("pointerdown", event => { from = [place(event), x, y]; dragged = false; });
window.addEventListener("pointermove", event => {
  if (!from) return;
  const here = place(event), moved = [here[0] - from[0][0], here[1] - from[0][1]];
  if (!dragged && Math.hypot(...moved) < 5) return;
  dragged = true;
  x = from[1] + moved[0];
  y = from[2] + moved[1];
  draw();
});
window.addEventListener("pointerup", () => { from = null; });
window.addEventListener("pointercancel", () => { from = null; });

// Hover text.
const tip = document.createElement("div");
tip.className = "tip";
tip.hidden = true;
document.body.append(tip);
function show(one, left, top) {
  tip.textContent = one.dataset[lang()];
  tip.hidden = false;
  tip.style.left = Math.max(4, Math.min(left + 14, innerWidth - tip.offsetWidth - 8)) + "px";
  tip.style.top = Math.max(4, Math.min(top + 14, innerHeight - tip.offsetHeight - 8)) + "px";
}
map.addEventListener("pointermove", event => {
  const one = event.target.closest(".world [data-zh]");
  if (one && !from) show(one, event.clientX, event.clientY); else tip.hidden = true;
});
map.addEventListener("pointerleave", () => { tip.hidden = true; });
map.addEventListener("focusin", event => {
  const one = event.target.closest(".world [data-zh]");
  if (one) { const box = one.getBoundingClientRect(); show(one, box.right, box.bottom); }
});
map.addEventListener("focusout", () => { tip.hidden = true; });
})();
