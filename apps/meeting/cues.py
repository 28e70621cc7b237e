"""What people say when they promise, decide, leave something open, or go on to the next point; in four languages."""

# A pattern stands on one line so that it can be read as a list of phrases.
# ruff: noqa: E501

from __future__ import annotations

import re


def _any(*parts: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{p})" for p in parts), re.IGNORECASE)


# German verbs that say what one thinks, has or wants, not what one will do.
_NO_DEED = r"(?:habe|hätte|würde|denke|glaube|finde|sehe|möchte|brauche|freue|hoffe|meine|sage|verstehe|kenne|wäre|bitte|gehe davon|schlage|höre|danke|begrüße|fasse|mache mir|frage mich|heiße|eine|keine|gerne|heute|erinnere|lese)\b"
# The speaker, or the speaker's side, will do something.
PROMISE = _any(
    r"\b(?:I|we)(?:['’]ll| will| shall)\b(?! not)(?!\s+(?:need|have to|be (?:able|happy)|see\b|back you))",
    r"\b(?:I['’]m|we['’]re|I am|we are) going to (?!be\b|have\b|see\b)",
    r"\blet me (?:send|check|prepare|write|find|ask|confirm|set|draft|share)",
    r"\bI (?:propose|suggest|offer) (?:that I|to) (?:send|prepare|write|share|set|draft)",
    r"\byou(?:['’]ll| will) (?:have|get|receive) (?:it|this|that|them|the|a|an|our|my)\b",
    r"\b(?:I|we) can (?:send|prepare|write|share|set up|draft|deliver|organi[sz]e)\b",
    r"\bI (?:take|have) (?:the|an) action\b",
    rf"\bich\s+(?!{_NO_DEED})[a-zäöüß]{{3,}}e\b(?<!te)|\b(?!{_NO_DEED})[a-zäöüß]{{3,}}e(?<!te)\s+ich\b|\bich\s+(?:arbeite|berichte|leite|verbreite)\b",
    r"\b(?:bekommen|erhalten|kriegen|haben) sie\b.{0,30}\b(?:von (?:mir|uns)|bis|morgen|heute|nächste)\b",
    r"\bwir\s+(?:schicken|senden|klären|prüfen|erstellen|liefern|bereiten|werden|planen|rollen|aktualisieren)\b|\b(?:planen|klären|prüfen|schicken)\s+wir\b",
    r"\b\w+(?:aré|eré|iré|dré|bré|aremos|eremos|iremos|dremos|remos)\b",
    r"\b(?:voy|vamos) a (?!ver\b|empezar\b|hablar\b)",
    r"\b(?:os|te|le|les|se|lo) (?:lo |la |los |las )?(?:envío|mando|preparo|paso|confirmo|hago)\b|\b(?:yo|nosotros|nosotras) (?:(?:os|te|le|les|se|lo|la|los|las) )*(?!creo\b|pienso\b|tengo\b|quiero\b|prefiero\b|necesito\b|estamos\b|somos\b|tenemos\b|queremos\b)\w{3,}(?:o|mos)\b",
    r"\bje (?:vous |te |le |la |les |l['’])?(?:prépare|envoie|vérifie|transmets|rédige|organise|propose une|fais|donne|demande|livre|planifie|m['’]occupe)\b",
    r"\b(?:je|nous) (?:vous |le |la |les )?\w+(?:rai|rons)\b|\b(?:je vais|nous allons)\b|\bj['’](?:envoie|organise|enverrai|apporte)\b|\bvous (?:l['’]|les |en |le |la )?(?:aurez|recevrez)\b",
    r"\bje (?:(?:vous|te|le|la|les|leur|lui|y|en) |l['’]|m['’])*(?:transmets|transfère|vérifie|appelle|occupe|charge|relance|partage|mets|planifie|installe|corrige|complète|fournis|communique)\b",
)
# Promises that are only ways of speaking, or are about the meeting itself.
PHRASE = _any(
    r"\bsum up\b|\bsummari[sz]e\b|\bpass (?:that|this|it) on\b|\bput (?:it|that) down\b|\btake that as\b|\bnote (?:it|that)\b",
    r"\bcome back to (?:that|this)\b|\bjust\s+(?:say|mention)\b|\bI['’]ll be (?:honest|brief|quick)|\bI['’]ll (?:start|begin)\b",
    r"\bwe['’]ll (?:see|start|begin|talk|discuss|look|move)\b|\bI will not\b|\bI won['’]t\b|\bwe won['’]t\b",
    r"\bich fasse zusammen\b|\bich (?:frage mich|mache mir)\b|\bresum(?:o|iré)\b|\bje (?:me demande|résume|commence)\b|\bveremos\b|\bgebe ich weiter\b",
)
# Somebody is asked to do something.
REQUEST = _any(
    r"^\s*(?:and |so |then |also )?please\b.{8,}|^(?:and |so |then |also )?(?:send|give|bring|show|forward|get) (?:me|us)\b.{8,}",
    r"^(?:and |so |then )?(?:[A-Z]\w+, )?(?:can|could|would) (?:you|your team|your people) (?:please |also )?(?!see|hear|say|repeat|explain|tell|imagine|quote|start|remember|do (?:it|that|this)\b)\w+",
    r"^(?:and |so |then |also )?I want (?:the|a|an|you|us|this|that|it) .{4,}\bto\b",
    r"\bI(?:['’]d| would) like you to\b|\bI need you to\b|\byou (?:should|need to|must|have to) (?:send|prepare|check|write|bring|name)",
    r"\bname the \w+, I['’]ll back you",
    r"\bbitte (?:schicken|senden|klären|prüfen|bereiten|erstellen)\b|\b(?:könnten|können|würden) sie (?:bitte |mir |uns )|^(?:und )?bitte (?:denken|achten|sorgen|fügen|geben|nehmen|teilen|reichen|laden) sie\b",
    r"\b(?:puedes|podéis|podrías?|podríais|puede|pueden) (?:también )?(?:enviar|mandar|facilitar|preparar|revisar|pasar|incluir|añadir|confirmar|compartir|actualizar|dar)|por favor, (?:envía|manda|prepara|revisa)",
    r"\bpou(?:vez|rriez)[- ]vous\b|\bmerci de (?:m|n)ous?\b|\bveuillez\b|\brappelez[- ]le[- ]moi\b",
)
RECAP = _any(
    r"^so: ",
    r"\b(?:let me|I['’]ll|to) (?:sum|recap|wrap)\b|\bto summari[sz]e\b|\baction items?\b|\bactions?:",
    r"\bich fasse zusammen\b|\bzusammengefasst\b|\bresumo\b|\bresumiendo\b|\ben resumen\b|\bje résume\b|\ben résumé\b",
)
DECISION = _any(
    r"^(?:(?:okay|good|great|fine|then|so)[,.]? )?let['’]s (?:do|make it|use|take|keep)\b(?! (?:it|that|this)\b)(?=.{8})|\b(?:it|that)['’]s a deal\b|\bdone deal\b|\b(?:remains?|stays?) (?:blocked|closed|out of scope|in scope|as it is)\b",
    r"\bnoted as a decision\b|\bdecid(?:ed|es)\b|\bwe(?:['’]ve| have)? agreed?\b|\bagreed\b|\bthat['’]s (?:settled|agreed|decided)\b|\bapproved\b",
    r"\b(?:let['’]s|we(?:['’]ll| will)?) (?:go|stick|settle|stay) (?:with|for|on)\b|\bis closed\b|\bwe settled? on\b|\bit['’]s a deal\b|\bsigned off\b",
    r"\bbeschlossen\b|\b(?:das )?halten wir (?:das )?(?:so )?(?:als beschluss )?fest\b|\bbeschluss\b|\bvereinbart\b|\beinverstanden\b|\bentschieden\b|\babgemacht\b|\bdann machen wir\b|\bso machen wir (?:das|es)\b|\bwir (?:bleiben bei|verschieben|verzichten auf|einigen uns auf)\b",
    r"\bdecidido\b|\bacord(?:ado|amos)\b|\bquedamos (?:entonces |pues )?en\b|\bdecidimos\b|\bdejamos fuera\b|\bentonces lo dejamos\b|^hecho\b",
    r"\bnous décidons\b|\b(?:est|c['’]est) décidé\b|^décidé\b|\bconvenu\b|\bon décide\b|\bentendu\b|\bnous retenons\b|\bon part (?:là-dessus|sur)\b|\bnous avons décidé\b|\bon (?:garde|retient)\b",
)
NO_DECISION = _any(
    r"\bagreed already\b|\balready agreed\b|\b(?:told|heard|thought|remember|said)\b.{0,20}\bdecided\b|\bdecided\b.{0,40}\b(?:last (?:year|month|quarter|time)|years? ago)\b|\bdecided (?:that|this|it) (?:in|at|during|last|back)\b",
    r"\bhaven['’]t decided\b|\bnot (?:yet )?(?:decided|agreed)\b|\bto be decided\b|\bdecided by\b|\bestar decidido\b|\bnoch nicht (?:beschlossen|entschieden)\b|\bde acuerdo\?",
    r"\bas (?:\w+ )?(?:agreed|decided)\b|\bwie (?:\w+ )?(?:vereinbart|beschlossen|abgemacht)\b|\bcomo (?:\w+ )?acord\w+|\bcomme (?:\w+ )?(?:convenu|décidé)\b",
)
OPEN = _any(
    r"\bopen (?:question|point|issue|item)\b|\b(?:leave|stays?|is|are|remains?) (?:it |that |this )?open\b|\bopen for now\b|\bstill open\b|^open\b",
    r"\b(?:I|we)(?: honestly| really| just)? (?:don['’]t|can['’]t|cannot|do not) (?:know|say|answer|tell)\b(?! (?:why|that))|\b(?:have|need) to (?:check|clarify|find out|ask)\b|\b(?:not|isn['’]t) (?:yet )?(?:clear|decided|settled) (?:yet )?(?:who|what|whether|if|when|which|how)\b|\bnot sure (?:yet|whether|if)\b|\bto be clarified\b|\bunclear\b",
    r"\b(?:bleibt|ist) (?:\w+ )?offen\b|\bnoch offen\b|^offen\b|\bdas? weiß ich (?:noch )?nicht\b|\bmuss ich (?:erst |noch )|\bkann ich nicht beantworten\b|\bmuss (?:ich|man|das) (?:noch )?(?:klären|prüfen)\b|\bkläre (?:ich|das)\b",
    r"\b(?:queda|sigue) (?:\w+ )?(?:abiert[oa]|pendiente)\b|^abierto\b|\btengo que (?:preguntar|consultar|mirar|comprobar)\w*|\bno lo sé\b|\b(?:todavía|aún) no (?:está claro|se sabe|lo sabemos)\b",
    r"\breste ouverte?\b|\bà (?:vérifier|confirmer|clarifier)\b|\bje ne (?:suis pas (?:certaine?|sûre?)|sais pas)\b|\bje dois (?:vérifier|demander|me renseigner)\b|\bquestion ouverte\b",
)
NEXT_POINT = _any(
    r"\b(?:first|second|third|fourth|last|next) (?:message|point|topic|item|thing|part)\b|^(?:second|third|fourth|finally|lastly)[,:]",
    r"\blet['’]s (?:look at|move|talk about|turn to|go on|discuss)\b|\bwhat about\b|^then the\b|\bmoving on\b|\banother (?:one|question|point)\b",
    r"\bwie sieht es mit\b|\bkommen wir zu\b|\bheute geht es um\b|\bnächster punkt\b|\bbei den\b|\bgibt es .{0,20}fragen\b",
    r"\b(?:primer|segundo|tercer|último|siguiente) (?:mensaje|punto|tema)\b|\bqueda el tema\b|\bpasemos a\b|\buna pregunta más\b",
    r"\b(?:premier|deuxième|troisième|dernier|prochain) (?:point|message|sujet)\b|^et les? \w+ \?|\bpassons à\b|^pour \w+,|^et \w+ \?|\bquels sont\b",
)
COURTESY = _any(
    r"\byou wanted to (?:talk|speak)\b|^(?:I suggest|let['’]s have) (?:two|three|four) (?:messages|points|topics)\b",
    r"^(?:many )?thank(?:s| you)(?: \w+)? for\b|^(?:vielen )?dank für\b|^gracias por\b|^merci (?:de|pour)\b",
    r"^\W*(?:present|attendees|participants|anwesend|teilnehmer(?:innen)?|asistentes|participantes|présents)\W*:",
    r"^(?:our )?next (?:call|meeting|review|session)\b|^(?:das )?nächste[rs]? (?:termin|gespräch|treffen)|^(?:la )?próxima reunión|^(?:la )?prochaine réunion",
    r"^(?:good (?:morning|afternoon|evening)|hello|hi|thanks?(?: you)?|goodbye|bye|welcome|great|perfect|exactly|understood|yes|no|okay|fine|sure|right)\b[\w ,]{0,25}[.!?]?$",
    r"\b(?:record(?:ed|ing)?|transcribed?|transcription|aufzeichnen|grabemos|transcrite?)\b.{0,40}\?",
    r"^(?:guten (?:morgen|tag)|danke|vielen dank|ja|nein|gut|sehr gut|versprochen|in ordnung|buenos|gracias|perfecto|sí|exacto|anotado|bonjour|merci|oui|parfait|très bien|c['’]est noté)\b[\w ,éèàáíóúñüöä]{0,30}[.!?]?$",
)
# First person and a day ahead are a promise even where the verb is not a known one ("la firmo esta semana").
FIRST_PERSON = _any(
    r"\b(?:je|nous) (?!ne\b|n['’]|suis\b|sommes\b|avons\b|dois\b|devons\b|peux\b|pense\b|crois\b|sais\b|voudrais\b|souhaite\b|voulons\b|veux\b|décidons\b|retenons\b)",
    r"^(?:(?:sí|y|pues|bueno|vale),? )?(?:yo )?(?:(?:os|te|le|les|se|lo|la|los|las) )+(?!creo\b|pienso\b|veo\b|digo\b|tengo\b)\w{3,}o\b",
)
# Somebody named will do something ("Marc déploiera le profil").
WILL = _any(
    r"^(?:will|is going to|to)\b",
    r"^wird\b",
    r"^(?:va |se encargará\b|\w{3,}(?:ará|erá|irá|drá)\b)",
    r"^(?:va |\w{2,}(?:era|ira|dra|rra)\b)",
)
# What is needed: the one who answers "you'll get it" provides it.
NEED = _any(
    r"\b(?:I|we) (?:still |also |then )?(?:need|have|ought) to (?P<do>(?!ask|check|find|clarify|be\b)\w+ .+)",
    r"\b(?:I|we)(?: still| also| then)? (?:need|want|would like|require) (?!to\b)(?P<thing>.+)",
    r"\bbrauchen? (?:ich|wir) (?:(?:von|bis|noch|auch|dann|dafür|dazu|ihnen|euch) )*(?P<sache>(?:der|die|das|den|ein|eine|einen|ihre?n?) .+)",
)
FILLER = re.compile(
    r"\b(?:u+h+m*|u+m+|hmm+|mm+(?:-hmm)?|erm+|I mean|äh+m?|euh|"
    r"you know(?! (?:the|that|this|what|how|who|why|where|when|if|my|our|your|him|her|them|it|about)\b)|"
    r"(?<!what )(?<!that )(?<!this )(?<!some )(?<!any )(?<!a )(?:sort of|kind of))\b[,.]?\s*",
    re.IGNORECASE,
)
PROPOSAL = _any(
    r"\b(?:I|we) (?:propose|suggest)\b|\bhow about\b|\bich schlage\b|\bwir schlagen\b|\bpropong(?:o|amos)\b|\bje propose\b",
)
# Words that stand for something said before: a promise with one of them needs its context.
POINTING = re.compile(
    r"\b(?:it|that|this|those|these|them|das|es|ihn|sie|lo|los|la|las|eso|esto|cela|ça|le|les)\b|"
    r"\b(?:die|den)\b(?= \w+ (?:ich|wir|sie)\b)|\b(?:m['’]en|l['’](?:aurez|envoie|enverrai|appelle))\b",
    re.IGNORECASE,
)
# How the next point is named when it is announced.
ANNOUNCED = _any(
    r"\blet['’]s (?:look at|talk about|turn to|move on to|discuss) (?:the |our |your )?(?P<a>[\w -]{3,40}?)(?=[.,?!]|$)",
    r"^(?:last|next|first|second|third) (?:point|topic|item)[,:] (?:the |our |your )?(?P<b>[\w -]{3,40}?)(?=[.,?!]|$)",
    r"^then the (?P<c>[\w -]{3,40}?)(?=[.,?!]|$)|\bwhat about (?:the |our |your )?(?P<d>[\w -]{3,40}?)(?=[.,?!]| in | from |$)",
    r"\bwie sieht es mit (?:der |dem |den )?(?P<e>[\w -]{3,40}?) aus\b|\bheute geht es um (?:den |die |das )?(?P<f>[\w -]{3,30}?)(?=[.,?!]| vom | und |$)|^bei den (?P<g>[\w-]{3,30})",
    r"\bqueda el tema de (?:la |el |los |las )?(?P<h>[\w -]{3,40}?)(?=[.,?!]|$)|\bpasemos a (?:la |el |los |las )?(?P<i>[\w -]{3,40}?)(?=[.,?!]|$)",
    r"^et (?:les |le |la )?(?P<j>[\w-]{3,30}) \?|\bpassons (?:à |aux? )(?:la |le |l['’])?(?P<k>[\w -]{3,40}?)(?=[.,?!]|$)",
)
