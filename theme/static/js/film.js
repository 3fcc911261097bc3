// @ts-check
// Puts a film's player in the place of its picture, once that is clicked: until then its host is asked
// nothing. Without this, and with a key held that opens links elsewhere, the picture leads to the film.
document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const link = event.target instanceof Element && event.target.closest(".film > a[data-player]");
  if (!(link instanceof HTMLAnchorElement)) return;
  event.preventDefault();
  const words = link.querySelector("img")?.alt || link.textContent || "";
  const player = document.createElement("iframe");
  player.title = words.trim();
  player.allow = "autoplay; encrypted-media; fullscreen; picture-in-picture";
  // It may play and open its own pages in a tab, and never take the place of this one.
  player.setAttribute(
    "sandbox",
    "allow-scripts allow-same-origin allow-forms allow-presentation allow-popups allow-popups-to-escape-sandbox",
  );
  // Some players refuse whoever does not say from where they are asked.
  player.referrerPolicy = "strict-origin-when-cross-origin";
  player.src = link.dataset.player ?? "";
  link.replaceWith(player);
  player.focus();
});
