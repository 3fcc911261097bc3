// @ts-check
/** Styles that come with a part of the embed, so that it never stands there without. */

/** Waits for a stylesheet; what cannot be had is tried again next time. @param {string} href */
export const style = (href) =>
  new Promise((done) => {
    /** @type {HTMLLinkElement} */
    const link =
      document.querySelector(`link[href="${href}"]`) ??
      Object.assign(document.createElement("link"), { rel: "stylesheet", href });
    if (link.sheet) return done(link);
    link.addEventListener("load", done);
    link.addEventListener("error", () => done(link.remove()));
    if (!link.isConnected) document.head.append(link);
  });
