#!/bin/sh
# Runs in a Debian of its own, as root. Installs the older packages, attaches a site, enrols the machine, runs an action,
# upgrades, runs another, removes and purges. The last line of the output says whether all of it went well.
set -eu

say() { printf '== %s\n' "$*"; }

# Waits up to a minute for something to succeed.
await() {
    tries=600
    until "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        if [ "$tries" = 0 ]; then
            echo "gave up: $*"
            "$@" || true
            systemctl --no-pager --full status 'tenon-*' || true
            journalctl --no-pager -n 60 -u 'tenon-*' || true
            exit 1
        fi
        sleep 0.1
    done
}

must_not() { if "$@" >/dev/null 2>&1; then echo "must not succeed: $*"; exit 1; fi; }

install_packages() { DEBIAN_FRONTEND=noninteractive dpkg --force-confold -i "/packages/$1"/*.deb; }

owner() { stat -c '%U:%G %a' "$1"; }

same() { if [ "$1" != "$2" ]; then echo "expected '$2', found '$1': $3"; exit 1; fi; }

say install
install_packages older
for unit in tenon-console tenon-authority tenon-site tenon-agent; do
    must_not systemctl is-active "$unit"
done
systemctl is-enabled tenon-agent
same "$(owner /var/lib/tenon/authority)" 'tenon-authority:tenon-site 700' 'the authority keeps its keys to itself'
same "$(owner /var/lib/tenon/console)" 'tenon-console:tenon-console 700' 'the console keeps its store to itself'
same "$(owner /var/lib/tenon/site)" 'tenon-site:tenon-site 770' 'the site shares its folder with the authority'

say console
export TENON_URL=http://localhost:8080 TENON_PASSWORD='a password for stories' HOME=/root
systemctl start tenon-console
setup_code() { journalctl -o cat -u tenon-console | sed -n 's/^setup code: //p' | tail -n 1 | grep .; }
await setup_code
tenon setup --code "$(setup_code)" --tenant story --user ann

say site
systemctl start tenon-site
await test -S /var/lib/tenon/site/authority.sock
tenon site attach --site /var/lib/tenon/site --console "$TENON_URL" --code "$(tenon attach-code create)"
me=$(tenon user list --json | tr ',{' '\n\n' | sed -n 's/^ *"id": *"\(.*\)"$/\1/p' | head -n 1)
tenon role assign 'Operations Administrator' --user "$me" --name ann
# The link by which an attachment is proved ends before that of the connector begins.
paired() { tenon pair "$(tenon site pair --user "$me" --name ann)"; }
await paired
must_not runuser -u tenon-site -- cat /var/lib/tenon/authority/authority.db
must_not runuser -u tenon-site -- ls /var/lib/tenon/authority
must_not runuser -u tenon-console -- ls /var/lib/tenon/site

say agent
printf 'file-root = "/"\nname = "packed"\n' >>/etc/tenon/agent.toml
cat >/root/motd.yaml <<'POLICY'
$schema: https://aka.ms/dsc/schemas/v3/bundled/config/document.json
resources:
  - name: motd
    type: Tenon.Linux/File
    properties: { path: /etc/motd, content: "Managed by Tenon.\n" }
POLICY
tenon policy put motd /root/motd.yaml --collection SMS00001
tenon-agent enrol --token "$(tenon join-token create --url https://localhost:8443)"
systemctl start tenon-agent
device() { tenon device list --json | grep -q packed; }
await device
online() { tenon device list --json | tr -d ' \n' | grep -q '"online":true'; }
await online
tenon action run sync-machine-policy --device packed --wait
grep -qx 'Managed by Tenon.' /etc/motd

say upgrade
before=$(sha256sum /var/lib/tenon/agent/identity.json)
main() { systemctl show -p MainPID --value "$1"; }
old="$(main tenon-console) $(main tenon-authority) $(main tenon-site) $(main tenon-agent)"
install_packages newer
for unit in tenon-console tenon-authority tenon-site tenon-agent; do
    await systemctl is-active "$unit"
done
for pid in $old; do
    must_not test -d "/proc/$pid"
done
same "$(sha256sum /var/lib/tenon/agent/identity.json)" "$before" 'the device stays the same'
grep -q packed /etc/tenon/agent.toml
echo drifted >/etc/motd
await online
tenon action run sync-machine-policy --device packed --wait
grep -qx 'Managed by Tenon.' /etc/motd

say remove
dpkg -r tenon tenon-agent
for unit in tenon-console tenon-authority tenon-site tenon-agent; do
    must_not systemctl is-active "$unit"
done
must_not test -e /usr/bin/tenon
test -f /var/lib/tenon/agent/identity.json
test -f /var/lib/tenon/site/site.db
test -f /etc/tenon/site.toml

say purge
dpkg -P tenon tenon-agent
must_not test -e /var/lib/tenon
must_not test -e /var/log/tenon
must_not test -e /etc/tenon

say 'all went well'
