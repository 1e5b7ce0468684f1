import { app } from "./app";
import { connection } from "./connection";
import { errors } from "./errors";
import { instances } from "./instances";
import { reasons } from "./reasons";
import { settings } from "./settings";

export const en = { app, connection, errors, instances, reasons, settings };
