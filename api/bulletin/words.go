package bulletin

// Languages are those that a bulletin can be set in.
var Languages = []string{"en", "ar", "fr", "ru"}

// A text is a word or sentence in every language.
type text map[string]string

func words(en, ar, fr, ru string) text { return text{"en": en, "ar": ar, "fr": fr, "ru": ru} }

// catalogue holds what a bulletin says, and the words of the ledger's vocabularies. A word that is not here is shown as it
// is: sources have words of their own.
var catalogue = map[string]text{
	"title":        words("Ceasefire bulletin, %s", "نشرة وقف إطلاق النار، %s", "Bulletin du cessez-le-feu, %s", "Бюллетень о прекращении огня, %s"),
	"window":       words("Reporting window: %s to %s, %s time.", "فترة الإبلاغ: من %s إلى %s بتوقيت %s.", "Période couverte : du %s au %s, heure de %s.", "Отчётный период: с %s до %s, время %s."),
	"recommitment": words("Last recommitment: %s (%s).", "آخر تجديد للالتزام: %s (%s).", "Dernier réengagement : %s (%s).", "Последнее подтверждение обязательств: %s (%s)."),
	"ceasefires":   words("Ceasefires at the end of the window", "حالة وقف إطلاق النار في نهاية الفترة", "Cessez-le-feu à la fin de la période", "Режимы прекращения огня на конец периода"),
	"incidents":    words("Alleged incidents by area and type", "الحوادث المزعومة حسب المنطقة والنوع", "Incidents allégués par zone et par type", "Заявленные инциденты по районам и видам"),
	"alleged":      words("These are allegations. An incident whose time is too vague to place it in the window is counted as possible only.", "هذه مزاعم. الحادث الذي لا يكفي توقيته لتحديد وقوعه ضمن الفترة يُحسب محتملاً فقط.", "Il s'agit d'allégations. Un incident dont la date est trop imprécise n'est compté que comme possible.", "Это заявления, а не выводы. Инцидент, время которого известно слишком неточно, учтён только как возможный."),
	"acts":         words("Acts within the window, accessions among them", "الإجراءات خلال الفترة، بما فيها الانضمامات", "Actes de la période, adhésions comprises", "Действия за период, включая присоединения"),
	"opened":       words("Inquiries opened", "التحقيقات المفتوحة", "Enquêtes ouvertes", "Начатые расследования"),
	"closed":       words("Inquiries closed", "التحقيقات المختتمة", "Enquêtes closes", "Завершённые расследования"),
	"ahead":        words("Expiries within the next seven days", "المواعيد المنتهية خلال الأيام السبعة القادمة", "Échéances des sept prochains jours", "Истечение сроков в ближайшие семь дней"),
	"compared":     words("Two bodies' counts for the same window", "إحصاءات جهتين للفترة نفسها", "Décomptes de deux organismes pour la même période", "Подсчёты двух органов за один и тот же период"),
	"none":         words("None.", "لا يوجد.", "Aucun.", "Нет."),
	"ceasefire":    words("Ceasefire", "وقف إطلاق النار", "Cessez-le-feu", "Режим"),
	"incident":     words("Incident", "الحادث", "Incident", "Инцидент"),
	"status":       words("Status", "الحالة", "Statut", "Статус"),
	"until":        words("Until", "حتى", "Jusqu'au", "До"),
	"area":         words("Area", "المنطقة", "Zone", "Район"),
	"type":         words("Type", "النوع", "Type", "Вид"),
	"this_window":  words("This window", "هذه الفترة", "Cette période", "За период"),
	"possible":     words("Possible", "محتمل", "Possibles", "Возможно"),
	"previous":     words("Previous window", "الفترة السابقة", "Période précédente", "Предыдущий период"),
	"since":        words("Since recommitment", "منذ تجديد الالتزام", "Depuis le réengagement", "С подтверждения"),
	"total":        words("Total", "المجموع", "Total", "Всего"),
	"time":         words("Time", "الوقت", "Date", "Время"),
	"act":          words("Act", "الإجراء", "Acte", "Действие"),
	"by":           words("By", "الجهة", "Par", "Кем"),
	"finding":      words("Finding", "النتيجة", "Conclusion", "Вывод"),
	"contested":    words("contested", "متنازع عليه", "contesté", "оспаривается"),

	"proposed":      words("proposed", "مقترح", "proposé", "предложено"),
	"rejected":      words("rejected", "مرفوض", "rejeté", "отклонено"),
	"withdrawn":     words("withdrawn", "مسحوب", "retiré", "отозвано"),
	"agreed":        words("agreed", "متفق عليه", "convenu", "согласовано"),
	"scheduled":     words("scheduled", "مقرر", "prévu", "назначено"),
	"in_force":      words("in force", "سارٍ", "en vigueur", "действует"),
	"not_in_force":  words("not in force", "غير سارٍ", "pas en vigueur", "не действует"),
	"suspended":     words("suspended", "معلق", "suspendu", "приостановлено"),
	"thwarted":      words("thwarted", "أُحبط", "empêché", "сорвано"),
	"lapsed":        words("lapsed", "انقضى", "expiré", "истекло"),
	"terminated":    words("terminated", "منتهٍ", "dénoncé", "прекращено"),
	"collapsed":     words("collapsed", "انهار", "effondré", "рухнуло"),
	"superseded":    words("superseded", "استُبدل", "remplacé", "заменено"),
	"indeterminate": words("indeterminate", "غير محدد", "indéterminé", "не определено"),

	"verified":        words("verified", "مثبت", "vérifié", "подтверждено"),
	"unsubstantiated": words("unsubstantiated", "غير مثبت", "non étayé", "не подтверждено"),
	"inconclusive":    words("inconclusive", "غير حاسم", "non concluant", "без вывода"),

	"air_strike":  words("air strike", "غارة جوية", "frappe aérienne", "авиаудар"),
	"shelling":    words("shelling", "قصف", "bombardement", "обстрел"),
	"attack":      words("attack", "هجوم", "attaque", "нападение"),
	"violation":   words("violation", "خرق", "violation", "нарушение"),
	"rocket_fire": words("rocket fire", "قصف صاروخي", "tirs de roquettes", "ракетный обстрел"),
	"small_arms":  words("small arms fire", "نيران أسلحة خفيفة", "tirs d'armes légères", "огонь из стрелкового оружия"),
	"clash":       words("clash", "اشتباك", "affrontement", "столкновение"),
	"state_based": words("state-based violence", "عنف تشارك فيه دولة", "violence étatique", "насилие с участием государства"),
	"non_state":   words("non-state violence", "عنف بين جهات غير حكومية", "violence non étatique", "негосударственное насилие"),
	"one_sided":   words("one-sided violence", "عنف من طرف واحد", "violence unilatérale", "одностороннее насилие"),
	"offensive":   words("offensive", "هجوم واسع", "offensive", "наступление"),
	"unspecified": words("unspecified", "غير محدد النوع", "non précisé", "не указано"),
}

// acts are the commands that are acts of parties, guarantors and monitors about a ceasefire, in words.
var acts = map[string]text{
	"propose":           words("proposed", "اقتراح", "proposition", "предложение"),
	"amend":             words("amended the proposal", "تعديل الاقتراح", "amendement", "изменение предложения"),
	"agree":             words("agreed", "موافقة", "accord", "согласие"),
	"reject":            words("rejected", "رفض", "rejet", "отклонение"),
	"withdraw-proposal": words("withdrew the proposal", "سحب الاقتراح", "retrait de la proposition", "отзыв предложения"),
	"accede":            words("acceded", "انضمام", "adhésion", "присоединение"),
	"enter-into-force":  words("entry into force", "دخول حيز التنفيذ", "entrée en vigueur", "вступление в силу"),
	"thwart":            words("thwarted", "إحباط", "empêchement", "срыв"),
	"extend":            words("extended", "تمديد", "prolongation", "продление"),
	"widen-area":        words("widened the area", "توسيع المنطقة", "élargissement de la zone", "расширение района"),
	"narrow-area":       words("narrowed the area", "تضييق المنطقة", "réduction de la zone", "сужение района"),
	"reaffirm":          words("reaffirmed", "إعادة تأكيد", "réaffirmation", "подтверждение"),
	"suspend":           words("suspended", "تعليق", "suspension", "приостановка"),
	"resume":            words("resumed", "استئناف", "reprise", "возобновление"),
	"withdraw":          words("withdrew", "انسحاب", "retrait", "выход"),
	"terminate":         words("terminated", "إنهاء", "dénonciation", "прекращение"),
	"declare-collapsed": words("declared collapsed", "إعلان الانهيار", "constat d'effondrement", "объявление о срыве"),
	"supersede":         words("superseded", "استبدال", "remplacement", "замена"),
	"designate":         words("designated", "تعيين", "désignation", "назначение"),
	"exclude":           words("excluded", "استبعاد", "exclusion", "исключение"),
	"undertake":         words("undertook", "تعهد", "engagement", "обязательство"),
}
