import { app } from "./app";
import { connection } from "./connection";
import { errors } from "./errors";
import { fields } from "./fields";
import { guards } from "./guards";
import { instances } from "./instances";
import { keyPairs } from "./keyPairs";
import { push } from "./push";
import { reasons } from "./reasons";
import { settings } from "./settings";
import { start } from "./start";
import { values } from "./values";
import { nextSteps, troubles } from "./troubles";

export const en = { app, connection, errors, fields, guards, instances, keyPairs, push, reasons, settings, start, values, nextSteps, troubles };
