sharing-room = Permisos
sharing-title = Quién puede ver qué
sharing-new = Compartir
sharing-none = Solo su equipo de atención
sharing-none-why = Usted no ha compartido con nadie más.
sharing-ended = Terminados
grant-what = Qué
grant-until = Hasta
grant-for = Para qué
grant-may = Puede
grant-from = Desde
grant-last-look = Última vez que lo vio
grant-no-look = todavía no
grant-open = Detalles
grant-about = Sobre este permiso
grant-stop = Dejar de compartir
grant-now = puede ver ahora
grant-soon = termina pronto
grant-ended = terminado
stop-title = ¿Dejar de compartir con { $name }?
stop-lead = Termina en el momento.
stop-what = Ya no podrá ver:
stop-saved-none = No guardó ninguna copia.
stop-now = Dejar de compartir ahora
stop-keep = Seguir compartiendo
share-step = Paso { $number } de 5
share-steps = Pasos
share-who = Quién
share-what = Qué
share-why = Para qué
share-until = Hasta cuándo
share-check = Revisar
share-who-title = ¿Con quién quiere compartir?
share-what-title = ¿Qué podrá ver?
share-why-title = ¿Para qué y qué podrá hacer?
share-until-title = ¿Hasta cuándo?
share-check-title = Revise antes de compartir
share-check-note = Puede dejar de compartir cuando quiera. Lo que hayan guardado antes no lo podemos quitar.
share-agree = Compartir ahora
share-who-wrong = Elija una persona o un consultorio.
share-what-wrong = Elija por lo menos un tipo.
share-until-wrong = Elija un día después de hoy.
share-kinds = Tipos
share-may = Podrá
share-for = Para qué
share-until-date = Hasta este día
share-until-date-hint = Termina al final de ese día.
until-month = 1 mes
until-half-year = 6 meses
until-year = 1 año
until-date = Hasta un día que elijo
sharing-lead = { $count ->
    [0] Ahora nadie puede ver nada, salvo su equipo de atención.
    [one] Ahora 1 puede ver algo.
   *[other] Ahora { $count } pueden ver algo.
}
stop-saved = { $count ->
    [one] Guardó 1 papel. No lo podemos quitar:
   *[other] Guardó { $count } papeles. No los podemos quitar:
}
sharing-now = Compartido ahora
sharing-given = Compartido
sharing-stopped = Terminado. Ya no lo puede ver.
grant-later = empieza después
grant-stopped = Terminado
grant-open-ended = hasta que usted lo termine
grant-no-look-lately = ninguna entre las últimas 1,000 consultas
seer-until = compartido hasta { $when }
rooms-all = todo
rooms-all-ordinary = todo menos lo que tiene protección especial
rooms-some = este historial
rooms-more = { $rooms } y { $count } más
stop-saved-before = Lo que guardó hace mucho no está en esta lista.
stop-seen = Lo que leyó, anotó o guardó, no lo podemos quitar.
share-may-wrong = Elija por lo menos una cosa que podrá hacer.
share-for-wrong = Elija por lo menos un motivo.
share-find = Buscar una persona, un consultorio, una escuela o un seguro
share-find-hint = Escriba parte de un nombre y oprima “Siguiente”.
share-found-none = No se encontró a nadie. Pruebe con otra parte del nombre.
share-its-therapist = sus terapeutas
share-its-supervisor = sus supervisores
share-its-front-desk = su recepción: solo nombre, visitas, seguro y mensajes
share-its-billing = su facturación: solo nombre, visitas, seguro y cuentas
share-its-school-coordinator = su coordinación: nada del seguro ni de las cuentas
share-its-payer-reviewer = quienes revisan ahí: solo para el pago
share-to-holder = Esta persona tiene el historial y ya lo ve todo.
share-beyond-role = No pueden ver esto, comparta lo que comparta. Elija a otra persona.
share-too-many = Comparte con demasiados a la vez. Primero termine algunos.
seer-until-stopped = compartido hasta que se termine
never-room = Nunca se comparte
never-title = ¿Qué no se debe compartir nunca?
never-check-title = Revise antes de marcarlo
never-lead = Se queda con usted, comparta lo que comparta, ahora o después.
never-none = No hay nada marcado.
never-mark = Marcar para no compartir nunca
never-thing-none = Sin marcar.
never-what = Qué
never-from = Con quién no
never-why = Por qué
never-why-hint = Solo lo leen usted y quienes tienen este historial.
never-everybody = con nadie más
never-everybody-hint = Solo lo ven usted y quienes tienen este historial.
never-teams-apart = Sus equipos están en esta lista por separado.
never-author = todo lo que { $name } escribió aquí
never-whole-room = todo de: { $room }
never-conversation = una conversación
never-what-wrong = Elija lo que no se debe compartir nunca.
never-agree = Marcar para no compartir nunca
never-marked = Marcado. No se comparte con quien no debe verlo.
never-already = Esto ya está marcado.
never-too-many = Ha marcado demasiadas cosas. Primero quite algunas marcas.
never-from-holder = Esta persona tiene el historial y lo ve todo.
never-lift = Quitar la marca
never-lift-title = ¿Quitar la marca?
never-lift-lead = Después podrán verlo otra vez las personas con quienes comparte.
never-lift-do = Quitarla
never-keep = Dejar la marca
never-lifted = La marca se quitó. Lo que comparte se comparte otra vez.
rehearsal-title = Qué cambiaría
rehearsal-before = Si lo hubiera hecho antes
rehearsal-stopped = { $count ->
    [0] No se habría impedido ninguna consulta pasada.
    [one] 1 consulta pasada se habría impedido o habría mostrado menos:
   *[other] { $count } consultas pasadas se habrían impedido o habrían mostrado menos:
}
rehearsal-allowed = { $count ->
    [0] No se habría permitido ningún intento pasado.
    [one] 1 intento pasado se habría permitido o habría mostrado más:
   *[other] { $count } intentos pasados se habrían permitido o habrían mostrado más:
}
rehearsal-look = { $name }, { $when }: { $what }
rehearsal-things = { $count ->
    [one] 1 dato
   *[other] { $count } datos
}
rehearsal-not-whole = Solo se revisaron las consultas más recientes.
rehearsal-from-now = Desde ahora
rehearsal-nobody = Nadie ve más ni menos.
rehearsal-gains = { $name } podrá hacer más en: { $rooms }
rehearsal-loses = { $name } podrá hacer menos en: { $rooms }
rehearsal-less = { $name } ya no verá lo marcado.
rehearsal-more = { $name } verá otra vez lo que estaba marcado.
rehearsal-away = Ahora no podemos revisarlo. Puede continuar de todos modos.
grant-part = Solo una parte
part-share-title = Compartir solo esto
part-share-why = Quien usted elija ve esto y nada más de este tipo.
part-share = Compartir solo esto
part-only = Ven solo
part-author-in = lo que { $name } escribió en: { $room }, mientras nadie más lo cambie
part-only-wrong = Elija lo que pueden ver.
part-read-only = Una parte se puede ver y guardar. Para escribir hace falta todo ese tipo.
part-one-thing = El nombre y la dirección son una sola cosa. Compártalos aparte, sin días.
part-span-open = Solo de algunos días
part-span-hint = Puede quedar vacío.
part-span-wrong = Elija un último día que no sea anterior al primero.
span_from = Desde este día
span_until = Hasta este día
part-things = { $more ->
    [0] solo: { $things }
    *[other] solo: { $things } y { $more } más
}
part-authors = solo lo que { $names } escribió y nadie más cambió
part-from = solo desde { $from }
part-until = solo hasta { $until }
part-span = solo desde { $from } hasta { $until }
part-of-rooms = una parte de { $rooms }
share-own-grant = Esto tiene protección especial. Compártalo por separado, sin nada más.
share-own-grant-hint = Con protección especial: se comparte por separado
notice-part-2 = Registros de tratamiento por consumo de sustancias, protegidos por la ley federal. 42 CFR part 2 prohibits unauthorized use or disclosure of these records: se prohíbe su uso o divulgación sin autorización.
notice-consent = El consentimiento: { $may }; para { $aims }; hasta { $until }. No se permite nada más.
grant-change = Cambiar
grant-changed = Cambiado
grant-before = Antes del cambio
part-whole = todo lo que elijo
sharing-changed = Cambiado
share-change-title = Revise antes de cambiarlo
share-change-agree = Cambiar ahora
share-changed-meanwhile = Esto se cambió o se terminó mientras tanto. Vuelva a Permisos y mírelo otra vez.
grant-visits = Visitas
grant-visits-used = { $used } de { $max } usadas, la última { $when }
grant-visits-none = ninguna de { $max } usada
grant-used-up = todas las visitas usadas
share-uses = ¿Cuántas veces?
share-uses-any = Las veces que quiera
share-uses-number = { $count ->
    [one] 1 visita de una hora
   *[other] { $count } visitas de una hora cada una
}
