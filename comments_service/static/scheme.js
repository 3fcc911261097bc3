// @ts-check
// Before the first paint: the light or dark that the reader chose on the blog holds here too, as long
// as both have one address. It is kept where `theme/static/js/site.js` keeps it.
try {
  const scheme = localStorage.getItem("theme");
  if (scheme === "dark" || scheme === "light") document.documentElement.dataset.theme = scheme;
} catch {
  // Storage is switched off: the system decides.
}
