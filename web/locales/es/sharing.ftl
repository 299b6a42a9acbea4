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
