// @ts-check
// Presses the button of a page that somebody passes through on the way back from a provider.
/** @type {HTMLFormElement | null} */ (document.querySelector("[data-onward]"))?.requestSubmit();
