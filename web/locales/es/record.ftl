record-room = Historial
record-title = Historial de { $name }
record-details = Nombre, dirección, teléfono
record-import = Traer un archivo
record-empty = Este historial todavía está vacío
record-empty-why = Traiga un archivo de una clínica o pida a su consultorio que lo envíe.
record-sources = De dónde viene
record-source-count = { $count ->
    [one] 1 dato
   *[other] { $count } datos
}
group-therapy = Terapia
group-health = Salud
group-care = Atención y costos
group-protected = Con protección especial
room-empty = Todavía no hay nada
room-empty-why = Aparecerá aquí cuando un consultorio lo envíe. También puede agregar un papel.
room-found-none = No encontramos nada con “{ $words }”
room-all = Ver todo
room-newest = lo último: { $when }
room-none = nada todavía
badge-read = leído { $when }
badge-demo = inventado, para la demostración
badge-late = con retraso desde { $when }
badge-silent = sin respuesta desde { $when }
badge-by-hand = escrito por { $name }
badge-shared = compartido: { $count }
badge-care-team = solo el equipo de atención
badge-withdrawn = retirado
item-plain = En palabras sencillas
item-own-text = Las palabras del terapeuta
item-own-text-by = Escrito por { $author }
item-history = Qué cambió
item-version = Versión { $number }
item-now = ahora
item-as-of-open = Ver cómo era en otra fecha
item-as-of-day = Fecha
item-as-of-do = Ver esa fecha
item-as-of-shown = Lo ve como era el { $when }.
item-as-of-now = Ver cómo es ahora
item-as-of-wrong = Escriba una fecha que no pase de hoy.
item-withdrawn = Quien lo envió lo retiró.
item-provenance = De dónde viene
item-seers = Quién puede ver esto
item-seers-none = Solo usted.
item-ask-title = ¿Hay algo mal aquí?
item-ask-why = Pregunte a quien lo escribió. Verán de qué se trata.
item-ask = Preguntar sobre esto
from-source = De
from-when = Llegó
from-how = Cómo
from-author = Escrito por
change-first = Llegó por primera vez
change-value = Cambió de { $old } a { $new }
import-title = Traer un archivo
import-lead = Una clínica puede darle el historial en un archivo. A veces lo llaman “paquete FHIR”.
import-file = El archivo
import-file-hint = Termina en .json, hasta { $size }
import-do = Traerlo
import-safe = Entra todo o no entra nada. Hacerlo dos veces no cambia nada.
import-trouble = No pudimos leer este archivo. No se cambió nada.
import-trouble-place = Dónde:
imported-nothing = Ya estaba todo
imported-table = Lo que llegó, por tipo
imported-kind = Tipo
imported-added = Nuevo
imported-changed = Cambió
imported-unchanged = Igual que antes
details-lead = ¿Hay algo que ya cambió? Corríjalo aquí. El dato anterior queda guardado.
details-conflict = Alguien cambió esto mientras usted escribía. Lo suyo sigue abajo. Elija lo correcto y guarde otra vez.
imported-title = { $added ->
    [one] 1 dato nuevo
   *[other] { $added } datos nuevos
}, { $changed ->
    [one] 1 cambiado
   *[other] { $changed } cambiados
}
imported-same = { $unchanged ->
    [0] Todo el archivo está ahora en el historial.
    [one] 1 dato ya estaba y queda igual.
   *[other] { $unchanged } datos ya estaban y quedan igual.
}
change-text = Cambió
retract-open = ¿Está aquí por error?
retract-why = Sigue en el historial, tachado, con su motivo.
retract-reason = ¿Por qué es un error?
retract-reason-wrong = Diga en pocas palabras por qué.
retract-do = Marcar como error
import-not-fhir = No podemos leer este archivo.
import-broken-link = Un dato señala a otro que no está en el archivo.
import-other-person = Este archivo es de otra persona.
import-large = Este archivo es demasiado grande.
import-codes = Algunos datos dicen qué son solo con códigos de listas que no conocemos.
import-codes-trouble = No conocemos algunos códigos de este archivo. No se cambió nada.
import-codes-anyway = Puede traerlo de todos modos
import-codes-shown = Esos códigos se muestran como los escribió la fuente. Todo lo demás entra como siempre.
import-codes-again = El mismo archivo, otra vez
import-codes-do = Traerlo de todos modos
imported-unknown = No encontramos a todos los que nombra este archivo
imported-unknown-people = { $count ->
    [one] 1 persona que dio atención
   *[other] { $count } personas que dieron atención
}
imported-unknown-clinics = { $count ->
    [one] 1 clínica
   *[other] { $count } clínicas
}
imported-unknown-places = { $count ->
    [one] 1 lugar de atención
   *[other] { $count } lugares de atención
}
imported-unknown-others = { $count ->
    [one] 1 dato más
   *[other] { $count } datos más
}
imported-unknown-why = Se muestran como los nombra el archivo. Si su red los agrega a su lista, se encuentran desde aquí.
imported-before = Este mismo archivo ya había entrado: { $when }.
list-first = Se buscó en los primeros { $count }. Hay más.
import-several-people = Este archivo trata de más de una persona.
from-brought = Lo trajo
