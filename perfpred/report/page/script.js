// Draws the charts, in the page's theme, and again when the theme changes.
(function () {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  let printing = false;
  const isDark = () => dark.matches && !printing;
  const config = () => {
    const ink = isDark() ? "#ececf0" : "#1c1c1e";
    const line = isDark() ? "#3c3c42" : "#d4d4d8";
    return {
      background: "transparent",
      font: "system-ui, sans-serif",
      title: { color: ink, fontSize: 13, anchor: "start", fontWeight: "normal" },
      axis: { labelColor: ink, titleColor: ink, titleFontWeight: "normal", domainColor: line, tickColor: line, gridColor: line },
      legend: { labelColor: ink, titleColor: ink },
      view: { stroke: "transparent" },
    };
  };
  const drawn = new Map();
  const draw = (place) => {
    const old = drawn.get(place);
    if (old) old.finalize();
    const spec = window.perfpredSpecs[Number(place.dataset.chart)];
    const tooltip = { theme: isDark() ? "dark" : "light" };
    const options = { actions: false, renderer: "svg", config: config(), tooltip };
    return vegaEmbed(place, spec, options).then((found) => {
      drawn.set(place, found);
      // An index moves along the slider; what it stands for is in the chart's title.
      place.querySelectorAll(".vega-bind").forEach((bind) => {
        const control = bind.querySelector("input, select");
        if (control) control.setAttribute("aria-label", bind.textContent.trim().split(" ")[0]);
      });
    });
  };
  const places = Array.from(document.querySelectorAll(".chart"));
  const later = window.requestIdleCallback || ((work) => setTimeout(work, 50));
  // Charts in sight are drawn first, the others one by one when nothing else is to be done.
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) first(entry.target);
  }, { rootMargin: "400px" });
  const begun = new Set();
  const first = (place) => {
    seen.unobserve(place);
    if (begun.has(place)) return Promise.resolve();
    begun.add(place);
    return draw(place);
  };
  const next = () => {
    const place = places.find((each) => !begun.has(each));
    if (place) first(place).then(() => later(next));
    else document.documentElement.dataset.drawn = "all";
  };
  places.forEach((place) => seen.observe(place));
  later(next);
  dark.addEventListener("change", () => drawn.forEach((_, place) => draw(place)));
  const folded = Array.from(document.querySelectorAll("details"));
  window.addEventListener("beforeprint", () => {
    printing = true;
    folded.forEach((each) => { each.dataset.was = each.open; each.open = true; });
    if (dark.matches) places.forEach(draw);
  });
  window.addEventListener("afterprint", () => {
    printing = false;
    folded.forEach((each) => { each.open = each.dataset.was === "true"; });
    if (dark.matches) places.forEach(draw);
  });
})();
