import type { Product } from "./definition.ts";
import type { ReleaseForm } from "./render-settings.ts";
import { fileIn, isInstallPath, type InstallPath } from "./install-path.ts";

/** How the product reached the node. It decides where files live and who restarts what. */
export const PACKAGINGS = ["package", "docker", "kubernetes", "windows"] as const;

export type Packaging = (typeof PACKAGINGS)[number];

const LINUX = ["package", "docker", "kubernetes"] as const;

/** RabbitMQ is the only one of the products that is distributed for Windows servers. */
export const PRODUCT_PACKAGINGS = {
  rabbitmq: PACKAGINGS,
  emqx: LINUX,
  mongooseim: LINUX,
  erlang: LINUX,
} as const satisfies Record<Product, readonly Packaging[]>;

export interface Folders {
  readonly configDir: InstallPath;
  readonly certsDir: InstallPath;
}

/** The product's own folders (`erlang.md` §7–§10). `release` matters for `erlang` alone. */
export const defaultFolders = (product: Product, packaging: Packaging, release?: ReleaseForm): Folders => {
  const configDir = configFolder(product, packaging, release);
  return { configDir, certsDir: certsFolder(product, configDir) };
};

/** Certificates live below the configuration, wherever that is. */
export const certsFolder = (product: Product, configDir: InstallPath): InstallPath =>
  fileIn(product === "emqx" ? fileIn(configDir, "certs") : configDir, product === "emqx" ? "cluster" : "tls");

/** Absent: what the product has on any Linux. */
type Places = { readonly package: string } & Partial<Record<Packaging, string>>;

const EMQX: Places = { package: "/etc/emqx", docker: "/opt/emqx/etc", kubernetes: "/opt/emqx/etc" };
const EJABBERD: Places = {
  package: "/etc/ejabberd",
  docker: "/opt/ejabberd/conf",
  kubernetes: "/opt/ejabberd/conf",
};
const MONGOOSEIM: Places = {
  package: "/etc/mongooseim",
  docker: "/usr/lib/mongooseim/etc",
  kubernetes: "/usr/lib/mongooseim/etc",
};
/** On Windows RABBITMQ_BASE is the installing account's: the built-in administrator's, unless `configDir` says otherwise. */
const RABBITMQ: Places = {
  package: "/etc/rabbitmq",
  windows: "C:/Users/Administrator/AppData/Roaming/RabbitMQ",
};
const RELEASE: Places = { package: "/opt/app/etc" };

const CONFIG_FOLDERS = {
  rabbitmq: RABBITMQ,
  emqx: EMQX,
  mongooseim: MONGOOSEIM,
  erlang: RELEASE,
} as const satisfies Record<Product, Places>;

const configFolder = (
  product: Product,
  packaging: Packaging,
  release: ReleaseForm | undefined,
): InstallPath => {
  const places = product === "erlang" && release === "ejabberd" ? EJABBERD : CONFIG_FOLDERS[product];
  const folder = places[packaging] ?? places.package;
  if (!isInstallPath(folder, "posix") && !isInstallPath(folder, "windows"))
    throw new Error("a default folder is not an install path");
  return folder;
};
