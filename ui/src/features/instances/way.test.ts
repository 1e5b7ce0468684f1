import { expect, test } from "vitest";

import { portIsRight, sshOf, typedWay } from "./way";

test("fields left empty are the server's own, and what is kept is typed back as it was", () => {
  const ssh = { target: "deploy@shop.example", root: "/var/www/shop", port: 2222, identityFile: null, php: "php8.2", runAs: null, container: null };
  expect(sshOf(typedWay(ssh))).toEqual(ssh);
  expect(sshOf({ ...typedWay(), target: "shop", root: "/srv" })).toEqual({ target: "shop", root: "/srv", port: null, identityFile: null, php: null, runAs: null, container: null });
});

test.each([["", true], ["22", true], ["65535", true], ["0", false], ["65536", false], ["22a", false], ["-1", false], ["1e3", false]])("port %s", (port, right) => {
  expect(portIsRight(port)).toBe(right);
});
