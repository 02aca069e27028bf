"use strict";
// Draws each chart from the specification beside it, in the page's own colours; without this script the tables say the same.
(() => {
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const charts = [...document.querySelectorAll("script[type='application/vnd.vega-lite+json']")];
  const draw = () => {
    const ink = css("--ink"), soft = css("--soft"), edge = css("--edge");
    const config = {
      background: "transparent", font: css("--sans"), view: { stroke: null },
      axis: { labelColor: soft, titleColor: soft, gridColor: edge, domainColor: edge, tickColor: edge, titleFontWeight: 400, labelFontSize: 12, titleFontSize: 12, labelLimit: 260 },
      legend: { labelColor: ink, titleColor: soft, titleFontWeight: 400, labelFontSize: 12, labelLimit: 400 },
      text: { color: ink, fontSize: 12 }, rule: { color: soft }, range: { category: [1, 2, 3, 4, 5, 6].map((n) => css(`--s${n}`)) },
      mark: { color: css("--s1") },
    };
    for (const chart of charts) {
      const target = document.getElementById(chart.dataset.target);
      vegaEmbed(target, JSON.parse(chart.textContent), { actions: false, renderer: "svg", config }).catch((error) => {
        target.textContent = `This chart cannot be drawn here (${error.message}); its table is below.`;
      });
    }
  };
  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
})();
