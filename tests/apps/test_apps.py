# SPDX-License-Identifier: Apache-2.0
"""Real applications pass their own load tests under every class, with the results of plain runc."""
import unittest

import languages
import servers
import tools
from app_case import AppCase, AppPod


class Applications(AppCase):
    def test_redis(self):
        self.same_under_every_class(servers.REDIS)

    def test_nginx(self):
        self.same_under_every_class(servers.NGINX)

    def test_nginx_over_the_pod_network(self):
        """Two isolated pods: whatever one sends the other passes a supervisor on either side."""
        served = AppPod(self, "stockade-isolated", servers.NGINX)
        served.to_end("init", servers.NGINX.init, 30)
        served.wait_ready(served.start("server", servers.NGINX.server))
        client = AppPod(self, "stockade-isolated", servers.NGINX)
        shell = client.start("client", ("sleep", "300"))
        for flags in ("-n 2000", "-k -n 10000"):
            with self.subTest(flags):
                code, out, err = self.cri.exec_sync(
                    shell, ["sh", "-c", f"ab -q -c 20 {flags} http://{served.pod.ip()}:8080/"], 50)
                self.assertEqual(code, 0, err)
                self.assertRegex(out, r"Failed requests: +0\n")
        for pod in (client, served):
            pod.pod.remove()

    def test_postgresql(self):
        self.same_under_every_class(servers.POSTGRESQL)

    def test_mariadb(self):
        self.same_under_every_class(servers.MARIADB)

    def test_python(self):
        self.same_under_every_class(languages.PYTHON)

    def test_node(self):
        self.same_under_every_class(languages.NODE)

    def test_go(self):
        self.same_under_every_class(languages.GO)

    def test_java(self):
        self.same_under_every_class(languages.JAVA)

    def test_images_that_start_as_root(self):
        """The servers' own habit: root prepares, then becomes the server's user, with the engine's
        default capabilities. baseline lets it, restricted has no capability to do it by."""
        for app in servers.FROM_ROOT:
            with self.subTest(app.name):
                self.same_under_every_class(app)
                pod = AppPod(self, "stockade-restricted", app)
                with self.assertRaisesRegex(AssertionError, "not permitted|ermission denied"):
                    pod.play()
                pod.pod.remove()

    def test_git(self):
        self.same_under_every_class(tools.GIT)

    def test_gcc(self):
        self.same_under_every_class(tools.GCC)


if __name__ == "__main__":
    unittest.main()
