// The bench's site for Eleventy: Markdown as Markdown, lists by ten, its own syntax highlighting.

import net from "node:net";
import highlight from "@11ty/eleventy-plugin-syntaxhighlight";
import footnote from "markdown-it-footnote";

// Its server would listen to the whole network, and has no setting for that.
const { listen } = net.Server.prototype;
net.Server.prototype.listen = function (where, ...rest) {
  return listen.call(this, { host: "127.0.0.1", ...where }, ...rest);
};

const newestFirst = (api) =>
  api.getFilteredByGlob("content/posts/*.md").sort((one, other) => other.date - one.date);

/** Every page of every list: all posts, those of a tag, those of a category. */
function lists(api) {
  const found = new Map();
  for (const post of newestFirst(api)) {
    const tags = (post.data.tags ?? []).map((tag) => `/tags/${tag}/`);
    for (const path of ["/", `/categories/${post.data.category}/`, ...tags]) {
      if (!found.has(path)) found.set(path, []);
      found.get(path).push(post);
    }
  }
  const pages = [];
  for (const [path, posts] of found) {
    for (let at = 0; at < posts.length; at += 10) {
      const place = at ? `${path}page/${at / 10 + 1}/` : path;
      pages.push({ path: place, posts: posts.slice(at, at + 10) });
    }
  }
  return pages;
}

export default function (config) {
  config.setUseGitIgnore(false);
  config.addPlugin(highlight);
  // Pelican and Hugo know footnotes as they come.
  config.amendLibrary("md", (md) => md.use(footnote));
  config.addFilter("day", (date) => date.toISOString().slice(0, 10));
  // Fifty words are Pelican's own number.
  config.addFilter("summary", (html) =>
    html
      .replace(/<[^>]*>/g, " ")
      .split(/\s+/)
      .filter(Boolean)
      .slice(0, 50)
      .join(" "),
  );
  config.addCollection("newest", (api) => newestFirst(api).slice(0, 10));
  config.addCollection("lists", lists);
  return {
    dir: { input: "content", output: "output", includes: "../includes" },
    // What stands in braces in a post is part of its text.
    markdownTemplateEngine: false,
  };
}
