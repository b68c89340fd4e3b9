#!/usr/bin/env python3
"""Write a processing pipeline that gives rsigma the Sigma taxonomy on Windows events.

    rsigma_pipeline.py >channels.yml

rsigma's own `sysmon` pipeline adds to a rule of a Sysmon category the number of its event, but not the
channel, so that event 1 of any provider is a process creation; and it calls the service of every
Windows rule sysmon. Adding the channel as one more condition makes rsigma slow (some 1,400 events/s:
the channel, which is nearly every event's, becomes what it looks rules up by). What does work is its
logsource routing: here every Windows rule gets its channel as the *service*, to be run with

    --logsource-routing --event-logsource product=windows --logsource-field-map service=Channel

and rules of categories that no Windows channel carries get a product of their own. Two fields have
other names in these data sets: the provider is SourceName, the text of a classic PowerShell event is
in Message only. What a pipeline cannot say stays out: a category that is either Sysmon's event 1 or
Security's 4688 under other field names, a service of several channels.
"""
import json

SYSMON = "Microsoft-Windows-Sysmon/Operational"
POWERSHELL = "Microsoft-Windows-PowerShell/Operational"
CLASSIC = "Windows PowerShell"
KERNEL_FILE = "Microsoft-Windows-Kernel-File/Analytic"

# What stands in these data sets under another name than the rules'.
FIELDS = {"Provider_Name": "SourceName", "Data": "Message"}

# Of Sysmon's event 12, that which the category means.
EVENT_TYPES = {"registry_add": ["CreateKey"], "registry_delete": ["DeleteKey", "DeleteValue"]}

# category: (channel, event numbers)
CATEGORIES = {
    "process_creation": (SYSMON, [1]),
    "file_change": (SYSMON, [2]),
    "network_connection": (SYSMON, [3]),
    "sysmon_status": (SYSMON, [4, 16]),
    "process_termination": (SYSMON, [5]),
    "driver_load": (SYSMON, [6]),
    "image_load": (SYSMON, [7]),
    "create_remote_thread": (SYSMON, [8]),
    "raw_access_thread": (SYSMON, [9]),
    "process_access": (SYSMON, [10]),
    "file_event": (SYSMON, [11]),
    "registry_event": (SYSMON, [12, 13, 14]),
    "registry_add": (SYSMON, [12]),
    "registry_delete": (SYSMON, [12]),
    "registry_set": (SYSMON, [13]),
    "registry_rename": (SYSMON, [14]),
    "create_stream_hash": (SYSMON, [15]),
    "pipe_created": (SYSMON, [17, 18]),
    "wmi_event": (SYSMON, [19, 20, 21]),
    "dns_query": (SYSMON, [22]),
    "file_delete": (SYSMON, [23, 26]),
    "clipboard_capture": (SYSMON, [24]),
    "process_tampering": (SYSMON, [25]),
    "file_delete_detected": (SYSMON, [26]),
    "file_block_executable": (SYSMON, [27]),
    "file_block_shredding": (SYSMON, [28]),
    "file_executable_detected": (SYSMON, [29]),
    "sysmon_error": (SYSMON, [255]),
    "ps_module": (POWERSHELL, [4103]),
    "ps_script": (POWERSHELL, [4104]),
    "ps_classic_start": (CLASSIC, [400]),
    "ps_classic_provider_start": (CLASSIC, [600]),
    "ps_classic_script": (CLASSIC, [800]),
    "file_access": (KERNEL_FILE, []),
    "file_rename": (KERNEL_FILE, []),
}

SERVICES = {
    "application": "Application",
    "appmodel-runtime": "Microsoft-Windows-AppModel-Runtime/Admin",
    "appxdeployment-server": "Microsoft-Windows-AppXDeploymentServer/Operational",
    "appxpackaging-om": "Microsoft-Windows-AppxPackaging/Operational",
    "bits-client": "Microsoft-Windows-Bits-Client/Operational",
    "capi2": "Microsoft-Windows-CAPI2/Operational",
    "certificateservicesclient-lifecycle-system":
        "Microsoft-Windows-CertificateServicesClient-Lifecycle-System/Operational",
    "codeintegrity-operational": "Microsoft-Windows-CodeIntegrity/Operational",
    "diagnosis-scripted": "Microsoft-Windows-Diagnosis-Scripted/Operational",
    "dns-client": "Microsoft-Windows-DNS-Client/Operational",
    "dns-server": "DNS Server",
    "driver-framework": "Microsoft-Windows-DriverFrameworks-UserMode/Operational",
    "firewall-as": "Microsoft-Windows-Windows Firewall With Advanced Security/Firewall",
    "iis-configuration": "Microsoft-IIS-Configuration/Operational",
    "ldap": "Microsoft-Windows-LDAP-Client/Debug",
    "lsa-server": "Microsoft-Windows-LSA/Operational",
    "microsoft-servicebus-client": "Microsoft-ServiceBus-Client",
    "msexchange-management": "MSExchange Management",
    "ntlm": "Microsoft-Windows-NTLM/Operational",
    "openssh": "OpenSSH/Operational",
    "powershell": POWERSHELL,
    "powershell-classic": CLASSIC,
    "security": "Security",
    "shell-core": "Microsoft-Windows-Shell-Core/Operational",
    "smbclient-security": "Microsoft-Windows-SmbClient/Security",
    "smbserver-connectivity": "Microsoft-Windows-SMBServer/Connectivity",
    "sysmon": SYSMON,
    "system": "System",
    "taskscheduler": "Microsoft-Windows-TaskScheduler/Operational",
    "terminalservices-localsessionmanager":
        "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational",
    "windefend": "Microsoft-Windows-Windows Defender/Operational",
    "wmi": "Microsoft-Windows-WMI-Activity/Operational",
}

# Categories whose events come from elsewhere: a product that no Windows event has.
ELSEWHERE = ["database", "webserver", "proxy", "firewall", "dns", "application"]


def put(name, logsource, kind, what):
    print(f"  - id: {name}")
    print(f"    type: {kind}")
    print(f"    {what}")
    print(f"    rule_conditions: [{{type: logsource, {logsource}}}]")


def put_source(name, logsource, channel):
    put(f"{name}_source", logsource, "change_logsource", f"service: {channel}")


def main():
    print("name: channels\npriority: 20\ntransformations:")
    for name in ELSEWHERE:
        put(f"{name}_elsewhere", f"category: {name}", "change_logsource", "product: elsewhere")
    put("fields", "product: windows", "field_name_mapping", f"mapping: {json.dumps(FIELDS)}")
    for name, channel in SERVICES.items():
        put_source(name, f"product: windows, service: {name}", channel)
    for name, (channel, numbers) in CATEGORIES.items():
        source = f"product: windows, category: {name}"
        conditions = {"EventID": numbers[0] if len(numbers) == 1 else numbers} if numbers else {}
        if name in EVENT_TYPES:
            conditions["EventType"] = EVENT_TYPES[name]
        if conditions:
            put(f"{name}_event", source, "add_condition", f"conditions: {json.dumps(conditions)}")
        put_source(name, source, channel)


if __name__ == "__main__":
    main()
