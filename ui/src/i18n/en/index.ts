import { accounts } from "./accounts";
import { adding } from "./adding";
import { app } from "./app";
import { connection } from "./connection";
import { dataSpaces } from "./dataSpaces";
import { errors } from "./errors";
import { fields } from "./fields";
import { guards } from "./guards";
import { instances } from "./instances";
import { journal } from "./journal";
import { keyPairs } from "./keyPairs";
import { push } from "./push";
import { reasons } from "./reasons";
import { settings } from "./settings";
import { start } from "./start";
import { values } from "./values";
import { nextSteps, troubles } from "./troubles";

export const en = { accounts, adding, app, connection, dataSpaces, errors, fields, guards, instances, journal, keyPairs, push, reasons, settings, start, values, nextSteps, troubles };
