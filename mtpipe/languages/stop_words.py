"""Stop words: words of a language's grammar, none of which is a term or begins or ends one.

Only articles, pronouns, prepositions, conjunctions, auxiliaries and the adverbs that go with all texts alike: general
lists also hold words such as "top", "name" or "email", which are terms in a glossary of software.
"""

from __future__ import annotations

from mtpipe.languages.identification import FUNCTION_WORDS
from mtpipe.languages.tags import primary_subtag

_MORE = {
    "en": "about above after again against all along already also although am among another any anyone anything are "
    "around because been before behind below beneath beside besides between beyond both but cannot could did does "
    "doing done down during each either else enough even ever every everyone everything few had has have he her "
    "here hers him his how however i if into its itself less many may me might mine more moreover most much must my "
    "neither never nobody none nor nothing now nowhere off often one only onto other others otherwise our ours out "
    "over own per quite rather same several she should since so some somebody someone something sometimes somewhere "
    "still such than their theirs them themselves then there therefore these they those though through thus "
    "together too toward towards under unless until up upon us very via was we well were what whatever when "
    "whenever where whereas wherever whether which while who whoever whole whom whose why will with within without "
    "would yet yours yourself",
    "de": "aber alle allem allen aller alles als also am an andere anderem anderen anderer anderes auch auf aus "
    "außer außerdem außerhalb bei beide beiden beim bereits bevor bis bist da dabei dadurch dafür dagegen daher "
    "damit danach dann daran darauf daraus darin darüber darunter das dass davon dazu dein deine denen denn dennoch "
    "deren derer desselben dessen deshalb dich dies diese dieselbe dieselben diesem diesen dieser dieses dir doch "
    "dort du durch dürfen ebenfalls ebenso eines einem einige einigem einigen einiger einiges entweder er es etwa "
    "etwas euch euer falls gegen gegenüber hab habe haben hast hat hatte hatten hier hinter ich ihm ihn ihnen ihr "
    "ihre ihrem ihren ihrer ihres immer indem innerhalb ins ja je jede jedem jeden jeder jedes jedoch jene jenem "
    "jenen jener jenes kann kein keine keinem keinen keiner keines können könnte konnte man manche manchem manchen "
    "mancher manches mehr mehrere mein meine mich mir mögen müssen muss musste nach nachdem neben nein nichts nie "
    "noch nun nur ob obwohl oft ohne sehr sich sein seine seinem seinen seiner seines seit selbst sind so sobald "
    "sodass solche solchem solchen solcher solches soll sollen sollte sollten somit sondern sonst soweit sowie "
    "sowohl statt trotz trotzdem über überhaupt um uns unser unsere unserem unseren unserer unter viel viele vielen "
    "vieler vom vor war waren warum was weder wegen weil weiter weitere weiteren weiterer weiteres welche welchem "
    "welchen welcher welches wem wen wenig wenige wenn wer werde wessen wie wieder will wir wo wobei wodurch wofür "
    "wohin wollen worden wurde wurden würde würden während zum zur zwar zwischen",
    "es": "algo algún alguna algunas alguno algunos allí ambas ambos ante antes aquel aquella aquellas aquellos "
    "aquí así aun aunque aún bajo bien cada casi cierta ciertas cierto ciertos contra cual cuales cualquier "
    "cualquiera cuando cuál cuáles cuándo cuanto cuya cuyas cuyo cuyos cómo debe deben desde después donde dos "
    "durante dónde e ella ellas ello ellos entonces entre era eran es esa esas ese eso esos esta estas este esto "
    "estos está están estar excepto fue fueron ha haber había habían hacia han hasta hay he incluso junto le les "
    "luego mas me mediante menos mi mientras mis misma mismas mismo mismos mucha muchas mucho muchos muy más nada "
    "nadie ni ninguna ningunas ninguno ningún nos nosotros nuestra nuestras nuestro nuestros nunca os otra otras "
    "otro otros pero poca pocas poco pocos porque pueda puede pueden pues quien quienes quién qué salvo sea sean "
    "según ser será serán si sido siempre sin sino sobre solo son sus también tampoco tan tanto te tener tiene "
    "tienen toda todas todavía todo todos tras tu tus tú unas unos usted ustedes varias varios ya yo él",
    "cs": "aby alespoň ale ani aniž ano asi aspoň až bez bude budou by byl byla byli bylo byly být během což či "
    "další do dále ho i jak jakmile jaká jaké jaký jej její jejich jejichž jejího jejím jemu jen jenom jenž ještě "
    "jestliže ji jí jich jim jimi jiné jiný již jsem jsme jste já k kam kde kdo kdy když každá každé každý ke kolem "
    "kromě která které kterou který kteří kterého kterém kterým kterých ku kvůli lze mají mezi mi mimo mít mnoho "
    "moci mohou můj může mě my má máte nad nade než ni nic nich nim nimi některá některé některý nebyl nejsou nemá "
    "není ně něco někdo o oba od ode ona oni ono on pak pod podle pokud pomocí potom pouze pro proti proto protože "
    "prostřednictvím před přede přes přesto přičemž při sám sama samo se sebe si sice skrz své svá svého svém svou "
    "svůj svým svých tak taky také takže tam tato tedy ten tento teprve této ti tím tímto tito to toho tohoto tom "
    "tomto tomu tomuto tu tuto ty tyto tě těch těchto těm těmto uvnitř u už vaše vaší váš v ve vedle velmi více vně "
    "vy vám vás vše všech všechen všechna všechno všechny všem vždy z za zatímco zda zde ze že",
    "fr": "à afin ainsi alors après au aucun aucune aussi autre autres aux avant avec avoir car cela celle celles "
    "celui ces cet cette ceux chaque chez comme comment dans depuis dès deux donc dont elle elles encore entre est "
    "et être eux fait hors ici ils jamais je jusque la laquelle lequel lesquelles lesquels leur leurs lors lorsque "
    "lui mais mes moins mon même mêmes ne ni nos notre nous on ont ou où par parce pendant peu peut peuvent plus "
    "plusieurs pourquoi puis quand quel quelle quelles quels quelque quelques qui quoi sa sans sauf se selon sera "
    "seront ses si sien son sont sous sur ta tandis tant tel telle telles tels tes ton tous tout toute toutes "
    "toutefois très tu vers via voici voilà vos votre y été était",
    "it": "a agli ai al alla alle allo altra altre altri altro anche ancora che chi ci ciò ciascun ciascuna col "
    "come con contro così cui dagli dai dal dalla dalle dallo degli dei dell della delle dello dentro devi deve "
    "devono dopo dove dunque durante e ed egli era essa esse essere essi fino fra fuori già ha hai hanno i invece "
    "io la lei loro ma mediante meno mentre mi mio molti molto ne né negli nei nella nelle nello nessun nessuna "
    "nessuno noi nostra nostro nulla o ogni oltre oppure ossia perché però per più poco poi prima può possono "
    "qualche quale quali qualsiasi quando quanto quella quelle quelli quello questa queste questi questo qui quindi "
    "sarà se secondo sé senza sia siano sotto sopra su sua sue sugli sui sul sulla sulle suo suoi tale tali tra "
    "tramite troppo tu tua tuo tutta tutte tutti tutto un una uno verso via vi voi vostra vostro",
    "pt": "ainda algo alguém algum alguma algumas alguns ante antes ao aos apenas após aquela aquelas aquele "
    "aqueles aquilo as assim até cada com como contra cuja cujo da das de dela delas dele deles depois desde dessa "
    "desse desta deste deve devem do dos durante e ela elas ele eles em enquanto entre era essa essas esse esses "
    "esta estas este estes estão está eu foi foram há isso isto já lhe lhes lo mais mas me mediante menos mesma "
    "mesmo meu minha muita muitas muito muitos nada nas nem nenhum nenhuma nessa nesse nesta neste ninguém nos "
    "nossa nosso num numa nunca nós o onde os ou outra outras outro outros para pela pelas pelo pelos perante pode "
    "podem porque porém pouco pouca própria próprio quais qual qualquer quando quanto quem quer salvo se seja sejam "
    "sem sempre sendo ser será serão seu seus sob sobre somente sua suas são também tampouco tanto tem têm toda "
    "todas todo todos tu tudo um uma umas uns vários você vocês à às é",
    "nl": "aan achter al alle alles als andere beide beneden bij binnen boven buiten daar daarna daarom dan dat de "
    "deze die dit door doordat dus een elk elke en enige er haar had hebben heeft hem hen het hier hierbij hij hoe "
    "hoewel hun ieder iedere iets ik in indien is ja je jij jouw jullie kan kunnen langs maar meer met mijn moet "
    "moeten mogen na naar naast nadat niemand niet niets nog nooit nu of om omdat omtrent onder ondanks ons onze "
    "ook op over per pas reeds rond sinds sommige steeds te tegen ten tenzij ter terwijl tijdens toch toen tot "
    "totdat tussen u uit uw van vanaf vanuit veel voor voordat waar waarin waarom wanneer want waren was wat we "
    "weinig wel welk welke werd werden wie wij worden wordt zal ze zelf zelfs zich zij zijn zo zoals zodat zonder "
    "zou zouden zowel zullen",
    # single characters only where no word that is a term begins or ends with them
    "zh": "的 了 和 与 及 或 若 但 而 也 很 没 把 被 吗 呢 吧 这 那 您 你 我 他 她 它 们 之 此 该 或者 以及 并且 而且 但是 如果 因为 因此 所以 虽然 然后 没有 已经 正在 能够 "
    "可以 应该 必须 需要 对于 关于 由于 为了 根据 通过 其他 其它 这个 这些 那个 那些 每个 各个 某个 某些 任何 所有 全部 一些 我们 你们 他们 她们 它们 自己 什么 哪个 哪些 哪里 怎么 怎样 如何 "
    "为什么 等等 之间",
}
_STOP_WORDS = {
    lang: FUNCTION_WORDS.get(lang, frozenset()) | frozenset(_MORE.get(lang, "").split())
    for lang in FUNCTION_WORDS.keys() | _MORE.keys()
}


def stop_words(lang: str) -> frozenset[str]:
    """The language's stop words in lower case; empty for a language not known here."""
    return _STOP_WORDS.get(primary_subtag(lang), frozenset())
