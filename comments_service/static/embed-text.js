// @ts-check
/** An article's text as its notes know it, and where in the page each sign of it stands. */

// As `formats/article_text.py` has them; a test compares.
const LEFT_OUT =
  'script, style, template, noscript, iframe, object, svg, canvas, audio, video, button, select, textarea, annotation, annotation-xml, rp, rt, .footnote-ref, .footnote-backref, .headerlink, .postil-at, [aria-hidden="true"], [role="img"], [hidden]';
export const BLOCKS =
  "address, article, aside, blockquote, br, caption, dd, details, div, dl, dt, fieldset, figcaption, figure, footer, form, h1, h2, h3, h4, h5, h6, header, hr, legend, li, main, nav, ol, p, pre, section, summary, table, tbody, td, tfoot, th, thead, tr, ul";

/** @typedef {{node: Text, begin: number, end: number, block: number}} Sign */
/** @typedef {{text: string, signs: Sign[]}} Page The text, and for each unit of it where it stands. */

/** @param {Element} article @returns {Page} */
export const read = (article) => {
  /** @type {Page} */
  const page = { text: "", signs: [] };
  const { signs } = page;
  let block = 0;
  let gap = false;
  /** @param {Node} within */
  const walk = (within) => {
    for (const node of within.childNodes) {
      if (node instanceof Text) take(node);
      if (!(node instanceof Element) || node.matches(LEFT_OUT)) continue;
      const apart = Number(node.matches(BLOCKS));
      block += apart;
      walk(node);
      block += apart;
    }
  };
  /** A letter and what is set upon it are one sign, however they are written. @param {Text} node */
  const take = (node) => {
    const found = node.data.matchAll(/\s+|\S[\p{M}\u1161-\u1175\u11a8-\u11c2]*/gu);
    for (const { 0: word, index: begin } of found) {
      const last = signs.at(-1);
      const said = word.trim().normalize();
      if (said && last && (gap || last.block !== block)) {
        page.text += " ";
        signs.push({ ...last, begin: last.end });
      }
      gap = !said;
      page.text += said;
      const sign = { node, begin, end: begin + word.length, block };
      signs.push(...said.split("").map(() => sign));
    }
  };
  walk(article);
  return page;
};
