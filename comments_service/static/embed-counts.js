// @ts-check
/**
 * Counts: what the parts for votes and for the order of comments both know.
 * @typedef {import("./embed.js").CommentThread} Thread
 */

/** How many votes a comment has, told or to be pressed. @param {Element} item @param {1 | -1} value */
export const votes = (item, value) => {
  const told = value > 0 ? ".postil-up" : ".postil-down";
  const line = item.querySelector(`:scope > .postil-actions :is(${told}, [data-vote="${value}"])`);
  return Number(line?.textContent?.replace(/\D+/g, "") ?? 0);
};
