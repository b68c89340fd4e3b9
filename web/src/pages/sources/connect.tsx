// How to connect a new source: what to write into its settings, with this server's addresses filled in.
import { useState } from "preact/hooks";
import { object } from "../../lib/api";
import { t } from "../../lib/i18n";
import type { SourceStat } from "../../lib/source";
import { keptStore, useStore } from "../../lib/store";
import { useAsk } from "../../lib/use";
import { Part, Problem } from "../../ui/bits";
import { Command } from "../search/event";

interface To {
  host: string;
  port: string;
}
interface Way {
  name: string;
  input: string;
  port: string;
  /** where it is written */
  file: string;
  make: (to: To) => string;
}

const rsyslog = (to: To, more: string): string => `action(type="omfwd" target="${to.host}" port="${to.port}" ${more}
       template="RSYSLOG_SyslogProtocol23Format"
       queue.type="linkedList" queue.filename="canh" queue.saveOnShutdown="on"
       action.resumeRetryCount="-1")`;

const ways: readonly Way[] = [
  { name: "rsyslog-relp", input: "relp", port: "2514", file: "/etc/rsyslog.d/60-canh.conf", make: (to) => `# apt install rsyslog-relp
module(load="omrelp")
action(type="omrelp" target="${to.host}" port="${to.port}"
       template="RSYSLOG_SyslogProtocol23Format"
       queue.type="linkedList" queue.filename="canh" queue.saveOnShutdown="on"
       action.resumeRetryCount="-1")` },
  { name: "rsyslog-tcp", input: "syslog-tcp", port: "5514", file: "/etc/rsyslog.d/60-canh.conf", make: (to) => rsyslog(to, `protocol="tcp" TCP_Framing="octet-counted"`) },
  { name: "rsyslog-tls", input: "syslog-tls", port: "6514", file: "/etc/rsyslog.d/60-canh.conf", make: (to) => `# apt install rsyslog-openssl
global(defaultNetstreamDriver="ossl" defaultNetstreamDriverCAFile="/etc/rsyslog.d/canh-ca.pem")
${rsyslog(to, `protocol="tcp" TCP_Framing="octet-counted"
       StreamDriver="ossl" StreamDriverMode="1"
       StreamDriverAuthMode="x509/name" StreamDriverPermittedPeers="${to.host}"`)}` },
  { name: "winlogbeat", input: "http", port: "9200", file: "winlogbeat.yml", make: (to) => `winlogbeat.event_logs:
  - name: Application
  - name: System
  - name: Security
  - name: Microsoft-Windows-Sysmon/Operational
  - name: Microsoft-Windows-PowerShell/Operational
output.elasticsearch:
  hosts: ["http://${to.host}:${to.port}"]
  username: canh
  password: TOKEN
setup.template.enabled: false
setup.ilm.enabled: false` },
  { name: "filebeat", input: "http", port: "9200", file: "/etc/filebeat/filebeat.yml", make: (to) => `filebeat.inputs:
  - type: filestream
    id: web
    paths: [/var/log/nginx/access.log]
output.elasticsearch:
  hosts: ["http://${to.host}:${to.port}"]
  username: canh
  password: TOKEN
setup.template.enabled: false
setup.ilm.enabled: false` },
  { name: "fluentbit", input: "http", port: "9200", file: "/etc/fluent-bit/fluent-bit.conf", make: (to) => `[INPUT]
    Name   tail
    Path   /var/log/nginx/access.log
    DB     /var/lib/fluent-bit/canh.db
[OUTPUT]
    Name               es
    Match              *
    Host               ${to.host}
    Port               ${to.port}
    HTTP_User          canh
    HTTP_Passwd        TOKEN
    Suppress_Type_Name On
    Retry_Limit        False` },
  { name: "journald", input: "syslog-tcp", port: "5514", file: "/etc/rsyslog.d/60-canh.conf", make: (to) => `module(load="imjournal" StateFile="canh.journal")
${rsyslog(to, `protocol="tcp" TCP_Framing="octet-counted"`)}` },
  { name: "device", input: "syslog-udp", port: "5514", file: "", make: (to) => `${to.host}  UDP ${to.port}` },
  { name: "hec", input: "http", port: "9200", file: "", make: (to) => `curl "http://${to.host}:${to.port}/services/collector/event" \\
  -H "Authorization: Splunk TOKEN" \\
  -d '{"event":"xin chao","host":"'"$(hostname)"'"}'` },
];

const chosen = keptStore("connect", "rsyslog-relp", (v): v is string => ways.some((w) => w.name === v));
const loopback = (address: string): boolean => /^(127\.|\[::1\]|localhost)/.test(address);

export function Connect() {
  const stat = useAsk((s) => object<SourceStat>("/stat", {}, s), []), name = useStore(chosen);
  const way = ways.find((w) => w.name === name) as Way;
  const udp = stat.rows?.kernel.sockets[0]?.address, open = stat.rows?.tracers?.map((x) => x.input);
  const known = way.input.startsWith("syslog-") && way.input !== "syslog-tls" ? udp?.replace(/^.*:/, "") : undefined;
  const [host, setHost] = useState(location.hostname), [port, setPort] = useState<Record<string, string>>({});
  const to = { host, port: port[way.name] ?? known ?? way.port };
  return (
    <>
      <Part title={t("connect.title")} side={<a href="/sources">{t("page.sources")}</a>}>
        <Problem of={stat.error} again={stat.again} />
        <div class="inline">
          <div class="field"><label for="way">{t("connect.way")}</label>
            <select id="way" value={name} onChange={(e) => chosen.set(e.currentTarget.value)}>{ways.map((w) => <option value={w.name}>{t(`connect.${w.name}`)}</option>)}</select></div>
          <div class="field"><label for="host">{t("connect.host")}</label><input id="host" value={host} onInput={(e) => setHost(e.currentTarget.value.trim())} /></div>
          <div class="field"><label for="port">{t("connect.port")}</label><input id="port" inputMode="numeric" value={to.port} onInput={(e) => setPort({ ...port, [way.name]: e.currentTarget.value.replace(/\D/g, "") })} /></div>
        </div>
        <p class="dim">{t(`connect.${way.name}.about`)}</p>
        {open && !open.includes(way.input) && way.input !== "syslog-tls" && <p class="problem">{t("connect.shut", { input: way.input })}</p>}
        {way.input === "syslog-tls" && <p class="dim">{t("connect.tls")}</p>}
        {udp && loopback(udp) && <p class="problem warn">{t("connect.loopback", { address: udp })}</p>}
      </Part>
      <Part title={way.file || t(`connect.${way.name}`)}>
        <Command of={way.make(to)} />
        {way.input === "http" && <p>{t("connect.token")} <code>canh token</code></p>}
        <p>{t("connect.then")} <a href="/sources">{t("page.sources")}</a></p>
      </Part>
    </>
  );
}
