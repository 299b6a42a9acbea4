work-room = Trabajo
work-title = Sus pacientes
work-none = Todavía no hay pacientes
work-none-why = Una familia aparece aquí cuando comparte con usted.
work-all = Todos
work-changed = Con cambios
work-owed = Le esperan
work-unchanged = Sin cambios desde { $when }
work-shared-until = compartido hasta { $when }
office-room = Buscar
office-title = Buscar en la historia
office-lead = Por paciente, persona, fecha o tipo. Su búsqueda también queda registrada.
office-kinds = Tipos
office-found-none = Pruebe con más tiempo o con menos campos.
office-more = Ver los siguientes 50
office-when = Cuándo
office-who = Quién
office-did = Qué hizo
office-patient = Paciente
office-by = Con qué derecho
office-number = Entrada
office-actor = Persona o programa
office-from = Desde el día
office-to = Hasta el día
office-day-wrong = Escriba las fechas de modo que la primera no sea posterior a la última.
office-health = ¿Está completo el registro?
office-sound = Completo: no falta ninguna entrada y ninguna fue alterada.
office-unsound = No está completo. Guarde esta página y llame al operador, de día o de noche.
office-checked = Revisado { $when }
office-service = Servicio
office-events = Entradas
office-holes = Faltan
office-altered = Alteradas
office-state = Estado
office-whole = completo
office-broken = incompleto
me-room = Ajustes
me-title = Ajustes
me-language = Idioma
me-size = Tamaño del texto y los botones
me-size-usual = Normal
me-size-large = Grande
me-size-large-hint = Letra más grande y botones más fáciles de tocar
me-sessions = Dónde tiene la sesión abierta
me-since = desde { $when }
me-this = este
me-everywhere = Cerrar sesión en todas partes
me-everywhere-why = ¿Perdió un teléfono? Esto cierra todas, también esta.
me-saved = Guardado
work-new = { $count ->
    [one] 1 cosa nueva desde { $when }
   *[other] { $count } cosas nuevas desde { $when }
}
office-found = { $count ->
    [0] No se encontró nada
    [one] 1 entrada
   *[other] { $count } entradas
}
me-name = Su nombre
me-end = Cerrar esa sesión
me-ended = Sesión cerrada
work-newest = dato más reciente { $when }
work-nothing-yet = todavía sin datos
office-patient-number = Historial
office-patient-hint = Su número, como lo muestra la lista de abajo
office-actor-hint = Parte del nombre de alguien que trabaja en un consultorio, o el número de una cuenta
office-actor-none = Nadie con este nombre trabaja en un consultorio.
office-actor-many = Más de una persona tiene este nombre. Escriba más.
office-number-wrong = Este no es el número de un historial.
office-unbounded = Llene por lo menos uno: historial, persona o primer día.
office-no-fault = No falta ninguna entrada y hasta ahora ninguna se encontró alterada.
office-unchecked = Todavía no se revisó entrada por entrada.
office-verify = Revisar cada entrada ahora
office-verify-why = Tarda unos segundos. Una revisión más larga sigue sola.
office-behind = atrasado
office-no-patient = –
work-unnamed = Un paciente que comparte { $rooms } con usted
