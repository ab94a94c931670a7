import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readHocon } from "../support/hocon-reader.ts";
import { sharedDir } from "../support/shared.ts";
import { fileNamed, rendered, type Wish } from "./requests.ts";

/**
 * The golden templates of erlang.md §14, which ran on real nodes, against what we render. The page is read itself; only the
 * key's file name differs there.
 */
const page = sharedDir === null ? "" : readFileSync(`${sharedDir}/design/erlang.md`, "utf8");

/** The code blocks of one section of §14. */
const blocks = (section: string): readonly string[] => {
  const [, text = ""] = page.split(`### ${section} `);
  return [...(text.split("\n### ")[0] ?? "").matchAll(/```[a-z]*\n([^]*?)```/g)].map(([, code = ""]) =>
    code.replaceAll("node.key", "node_key.pem"),
  );
};

const withoutComments = (text: string): string => text.replaceAll(/^ *(?:%%|#).*\n/gm, "");
const words = (text: string): readonly string[] => withoutComments(text).trim().split(/\s+/);

/** `key value` after each `-ssl_dist_opt`, however the file groups them. */
const pairs = (text: string): readonly string[] => {
  const all = words(text).filter((word) => /^(?:server|client)_/.test(word) || !word.startsWith("-"));
  return all
    .flatMap((word, i) => (/^(?:server|client)_/.test(word) ? [`${word} ${all[i + 1]}`] : []))
    .toSorted();
};

const rabbitmq = (name: string, wish: Wish = {}) => fileNamed(rendered("rabbitmq", wish), name).content;

describe.skipIf(sharedDir === null)("erlang.md", () => {
  it("14.1: RabbitMQ's option file is this text", () => {
    const [optionFile = ""] = blocks("14.1");
    expect(withoutComments(rabbitmq("inter_node_tls.config"))).toBe(withoutComments(optionFile));
  });

  it("14.1: rabbitmq-env.conf has these lines, and the node's identity before them", () => {
    const [, environment = ""] = blocks("14.1");
    expect(withoutComments(rabbitmq("rabbitmq-env.conf"))).toBe(
      `NODENAME=rabbit@r1.nodes.example\nUSE_LONGNAME=true\n${withoutComments(environment)}`,
    );
  });

  it("14.2: the flags are these, in this order", () => {
    const [environment = ""] = blocks("14.2");
    const ours = rabbitmq("rabbitmq-env.conf", { settings: { strategy: "flags", combined: true } });
    expect(withoutComments(ours)).toBe(
      `NODENAME=rabbit@r1.nodes.example\nUSE_LONGNAME=true\n${withoutComments(environment)}`,
    );
  });

  it("14.3: rabbitmq-env-conf.bat has these lines", () => {
    const [batch = ""] = blocks("14.3");
    const folder = "C:/Users/rmq/AppData/Roaming/RabbitMQ";
    const ours = rabbitmq("rabbitmq-env-conf.bat", { settings: { packaging: "windows", configDir: folder } });
    const withoutIdentity = ours.replaceAll(/^rem .*\r\n|^set (?:NODENAME|USE_LONGNAME)=.*\r\n/gm, "");
    expect(withoutIdentity.replaceAll("\r\n", "\n")).toBe(batch.replaceAll(/^rem .*\n/gm, ""));
  });

  it("14.4: emqx.conf says this", () => {
    const [hocon = ""] = blocks("14.4");
    const ours = fileNamed(rendered("emqx", { cookie: "use-a-long-random-string" }), "emqx.conf").content;
    expect(readHocon(ours)).toEqual(readHocon(hocon));
  });

  it("14.5: vm.dist.args has these options, and depth", () => {
    const [args = ""] = blocks("14.5");
    const settings = { packaging: "docker", strategy: "flags" };
    const ours = fileNamed(rendered("mongooseim", { settings }), "vm.dist.args").content;
    // OTP has had several defaults for depth, so we write it out.
    expect(pairs(ours)).toEqual([...pairs(args), "client_depth 2", "server_depth 2"].toSorted());
    expect(words(ours).filter((word) => word.startsWith("-"))).toEqual(
      words(args).filter((word) => word.startsWith("-")),
    );
    expect(ours.split("-ssl_dist_opt ")).toHaveLength(2);
    expect(words(ours).slice(0, 8)).toEqual(words(args).slice(0, 8));
  });

  it("14.6: a release's option file with a wildcard is this text, and vm.args these lines", () => {
    const [optionFile = "", args = ""] = blocks("14.6");
    const rendering = rendered("erlang", { wildcard: true, cookie: "use-a-long-random-string" });
    expect(withoutComments(fileNamed(rendering, "inter_node_tls.conf").content)).toBe(
      withoutComments(optionFile),
    );
    expect(withoutComments(fileNamed(rendering, "vm.args").content)).toBe(args);
  });

  it("14.7: an Elixir release's files are these, and the port of the node", () => {
    const [environment = "", args = ""] = blocks("14.7");
    const rendering = rendered("erlang", { settings: { release: "elixir" } });
    expect(fileNamed(rendering, "env.sh").content).toBe(environment);
    expect(withoutComments(fileNamed(rendering, "remote.vm.args").content)).toBe(args);
    const listen = "-kernel inet_dist_listen_min 9100 inet_dist_listen_max 9100\n";
    const own = rendering.files.find(({ path }) => path === "/opt/app/etc/vm.args");
    expect(withoutComments(own?.content ?? "")).toBe(args + listen);
  });

  it("14.8: ejabberdctl.cfg has these lines, keeps ERL_OPTIONS, and has a window of ports", () => {
    const [configuration = ""] = blocks("14.8");
    const wish = { node: "ejabberd@e1.nodes.example", settings: { release: "ejabberd" } };
    const ours = withoutComments(fileNamed(rendered("erlang", wish), "ejabberdctl.cfg").content);
    expect(
      ours.replace("$ERL_OPTIONS ", "").replace("FIREWALL_WINDOW=9100-9110\n", "").replaceAll(" \\\n ", ""),
    ).toBe(configuration);
  });
});
