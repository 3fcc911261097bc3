// @ts-check
/**
 * Counts: what the parts for votes and for the order of comments both know.
 * @typedef {import("./embed.js").CommentThread} Thread
 */

/** The style of both parts. @param {Thread} thread */
export const style = ({ src }) => {
  const href = `${src}embed-votes.css`;
  if (document.querySelector(`link[href="${href}"]`)) return;
  document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href }));
};

/** How many votes a comment has, told or to be pressed. @param {Element} item @param {1 | -1} value */
export const votes = (item, value) => {
  const told = value > 0 ? ".postil-up" : ".postil-down";
  const line = item.querySelector(`:scope > .postil-actions :is(${told}, [data-vote="${value}"])`);
  return Number(line?.textContent?.replace(/\D+/g, "") ?? 0);
};
