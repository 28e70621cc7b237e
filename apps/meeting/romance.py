"""French and Spanish promises and requests → the task as an infinitive, as a list of tasks has it."""

from __future__ import annotations

import re

_LEAD = {
    "fr": re.compile(
        r"^(?:(?:et|alors|donc|oui|parfait|bien sûr|très bien|d['’]accord|de mon côté|de notre côté)[, ]+)*",
        re.IGNORECASE,
    ),
    "es": re.compile(
        r"^[¿¡]?(?:(?:y|pues|sí|entonces|perfecto|vale|claro|de acuerdo|bueno|por nuestra parte|por mi parte)[, ]+)*",
        re.IGNORECASE,
    ),
}
_CLITICS = {
    "fr": r"(?:(?:vous|nous|te|leur|lui|y) )*(?P<obj>(?:le |la |les |l['’]|en )?)",
    "es": r"(?:(?:os|te|le|les|nos|se|me) )*(?P<obj>(?:(?:lo|la|los|las) )?)",
}
_REQUEST = {
    "fr": re.compile(
        rf"^(?:pou(?:vez|rriez)[- ]vous|merci de|veuillez) (?:aussi |bien )?{_CLITICS['fr']}"
        r"(?P<rest>\w+(?:r|re|ir)\b.*)",
        re.IGNORECASE | re.DOTALL,
    ),
    "es": re.compile(
        rf"^{_CLITICS['es']}(?:puedes|podéis|podrías?|podríais|puede|pueden) (?:también )?(?P<rest>\w+[aei]r\b.*)",
        re.IGNORECASE | re.DOTALL,
    ),
}
_GOING_TO = {
    "fr": re.compile(rf"^(?:je vais|nous allons) {_CLITICS['fr']}(?P<rest>\w+r\w?\b.*)", re.IGNORECASE | re.DOTALL),
    "es": re.compile(rf"^(?:yo )?{_CLITICS['es']}(?:voy|vamos) a (?P<rest>\w+[aei]r\b.*)", re.IGNORECASE | re.DOTALL),
}
_SUBJECT = {
    "fr": r"(?:je |j['’]|nous )",
    "es": r"(?:yo |nosotr[oa]s )?",
}
_FRENCH = {
    "fais": "faire", "fait": "faire", "ferai": "faire", "ferons": "faire", "fera": "faire",
    "transmets": "transmettre", "mets": "mettre", "fournis": "fournir", "enverrai": "envoyer", "enverra": "envoyer",
    "reviens": "revenir", "reviendrai": "revenir", "prends": "prendre", "verrai": "voir",
}  # fmt: skip
_SPANISH = {
    "hago": "hacer", "hace": "hacer", "haré": "hacer", "haremos": "hacer", "hará": "hacer", "hacemos": "hacer",
    "tendré": "tener", "tendremos": "tener", "tendrá": "tener", "pondré": "poner", "pongo": "poner",
    "envío": "enviar", "envía": "enviar", "traigo": "traer", "escribo": "escribir",
    "digo": "decir", "dice": "decir", "doy": "dar", "pido": "pedir", "pide": "pedir", "consigo": "conseguir",
    "abro": "abrir", "subo": "subir", "leo": "leer", "recojo": "recoger", "meto": "meter", "vendo": "vender",
    "corrijo": "corregir", "mido": "medir", "repito": "repetir", "elijo": "elegir", "decido": "decidir",
    "añado": "añadir", "comparto": "compartir", "reparto": "repartir", "imprimo": "imprimir", "resuelvo": "resolver",
    "devuelvo": "devolver", "muevo": "mover", "cuento": "contar", "pruebo": "probar", "encuentro": "encontrar",
    "cierro": "cerrar", "muestro": "mostrar", "renuevo": "renovar", "compruebo": "comprobar", "recibo": "recibir",
    "respondo": "responder", "cojo": "coger", "ofrezco": "ofrecer", "introduzco": "introducir", "defino": "definir",
    "traduzco": "traducir", "reduzco": "reducir", "discuto": "discutir", "transmito": "transmitir", "vengo": "venir",
    "empiezo": "empezar", "defiendo": "defender", "atiendo": "atender", "extiendo": "extender",
}  # fmt: skip
# Verbs that say nothing of the task by themselves: the sentence stays.
_NOT_TASKS = frozenset("suis sommes avons sont est tengo quiero creo necesito es son son está están ha hay".split())


def infinitive_of(task: str, owner: str, language: str) -> str:
    """ "Je vous prépare une offre" → "préparer une offre"; what isn't built so stays as it is."""
    text = _LEAD[language].sub("", task.strip(" ,.?!¿¡"))
    for shape in (_REQUEST[language], _GOING_TO[language]):
        match = shape.match(text)
        if match:
            return _joined(match["rest"], match["obj"], language)
    asked = (
        re.match(r"vous (le |la |les |l['’])?(\w+)ez\b(.*)", text, re.IGNORECASE | re.DOTALL)
        if language == "fr"
        else None
    )
    if asked is not None:
        return _joined(f"{asked[2]}er{asked[3]}", asked[1] or "", language)
    names = "|".join(re.escape(n) + " " for n in dict.fromkeys((owner, *owner.split())) if n)
    subject = rf"(?:{names}|{_SUBJECT[language]})" if names else _SUBJECT[language]
    match = re.match(
        rf"^{subject}(?P<self>m['’]|me )?{_CLITICS[language]}(?P<verb>\w+)(?P<rest>\b.*)", text, re.I | re.S
    )
    if match is None or match["verb"].lower() in _NOT_TASKS:
        return task
    verb = _french(match["verb"].lower()) if language == "fr" else _spanish(match["verb"].lower())
    if not verb:
        return task
    if language == "fr" and match["self"]:
        verb = ("s'" if verb[0] in "aeiouéh" else "se ") + verb
    return _joined(verb + match["rest"], match["obj"], language)


def _joined(rest: str, pronoun: str, language: str) -> str:
    """The infinitive with its object pronoun in its place: "le vérifier", "enviarlo"."""
    if not pronoun.strip():
        return rest
    if language == "fr":
        return pronoun.lower() + rest
    verb, space, after = rest.partition(" ")
    return f"{verb}{pronoun.strip().lower()}{space}{after}"


def _french(verb: str) -> str:
    if verb in _FRENCH:
        return _FRENCH[verb]
    future = re.fullmatch(r"(\w+r)(?:ai|ons|a)", verb)
    if future:
        stem = future.group(1)
        found = stem if stem.endswith(("er", "ir")) else stem + "e"
    elif verb.endswith("e") and len(verb) > 3:
        found = verb + "r"
    elif verb.endswith("ons") and len(verb) > 5:
        found = verb.removesuffix("ons").removesuffix("e") + "er"
    else:
        return ""
    return re.sub(r"oier$", "oyer", re.sub(r"appeller$", "appeler", found))


def _spanish(verb: str) -> str:
    if verb in _SPANISH:
        return _SPANISH[verb]
    future = re.fullmatch(r"(\w+[aei]r)(?:é|emos|á)", verb)
    if future:
        return future.group(1)
    if re.fullmatch(r"\w{3,}(?:o|a)", verb):
        return verb[:-1] + "ar"
    if re.fullmatch(r"\w{3,}(?:amos|emos|imos)", verb):
        return verb[:-3] + "r"
    return ""
