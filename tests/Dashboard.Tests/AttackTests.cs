using Microsoft.Playwright;

namespace JobSystem.Dashboard.Tests;

/// <summary>Whatever callers write into jobs, schedules, queues and keys is shown as text and does nothing.</summary>
public sealed class AttackTests(DashboardHost host) : IClassFixture<DashboardHost>
{
    static readonly string[] corpus =
    [
        "<script>window.hit=1</script>",
        "<img src=x onerror=window.hit=1>",
        "<svg onload=window.hit=1>",
        "\"><script>window.hit=1</script>",
        "' onmouseover='window.hit=1",
        "</title></textarea></style><script>window.hit=1</script>",
        "<iframe srcdoc='<script>parent.hit=1</script>'>",
        "<a href=\"javascript:window.hit=1\">x</a>",
        "javascript:window.hit=1",
        "<form action=//example.org><button autofocus>",
        "<style>*{display:none}</style>",
        "<base href=//example.org/>",
        "{{constructor.constructor('window.hit=1')()}}",
        "@(window.hit=1)",
        "&lt;script&gt;window.hit=1&lt;/script&gt;",
        "\u202Egnp.exe\u2028<b>",
    ];

    [Fact]
    public async Task Texts_OfCallers_AreShownAndDoNothing()
    {
        var paths = new List<string> { "", "jobs", "jobs?status=failed", "failures", "queues", "queues/attacked", "schedules", "workers", "tasks", "health", "audit", "keys", "jobs/new?task=echo" };
        foreach (var attack in corpus)
        {
            var tags = new[] { attack[..Math.Min(attack.Length, 60)] };
            var failed = await host.Submit(new { task_name = "fail", max_retries = 0, title = attack, description = attack, tags, kwargs = new { message = attack }, metadata = new Dictionary<string, string> { [attack] = attack } });
            var held = await host.Submit(new { task_name = "echo", queue_name = "attacked", delay = 3600, title = attack, args = new[] { attack } });
            await host.Post($"/api/v1/jobs/{held}/cancel", new { reason = attack });
            var schedule = (await host.Post("/api/v1/schedules", new { name = attack, description = attack, task_name = "echo", cron_expression = "0 6 1 1 *", kwargs = new { attack }, tags })).GetProperty("id").GetString();
            await host.Post("/api/v1/api-keys", new { name = attack });
            await host.Put("/api/v1/queues/attacked", new { description = attack });
            await host.Ends(failed, "failed");
            paths.AddRange([$"jobs/{failed}", $"jobs/{held}", $"schedules/{schedule}", $"schedules/{schedule}/edit", $"jobs?text={Uri.EscapeDataString(attack)}", $"jobs?status={Uri.EscapeDataString(attack)}", $"queues/{Uri.EscapeDataString(attack)}"]);
        }
        var page = await host.SignIn();
        var said = new List<string>();
        page.Dialog += (_, dialog) => said.Add($"{page.Url} asked {dialog.Message}");
        page.Console += (_, message) => said.AddRange(message.Text.Contains("Content Security Policy", StringComparison.Ordinal) ? [$"{page.Url}: {message.Text}"] : []);
        page.Request += (_, request) => said.AddRange(request.Url.StartsWith(host.Url, StringComparison.Ordinal) || !request.Url.StartsWith("http", StringComparison.Ordinal) ? [] : [$"{page.Url} asked for {request.Url}"]);

        foreach (var path in paths)
        {
            await page.GotoAsync($"/ui/{path}");
            await Assertions.Expect(page.Locator("main h1")).ToBeVisibleAsync();
            await Assertions.Expect(page.Locator("main td, main dl, main form.fields, main .empty, main [role=alert]").First).ToBeVisibleAsync();
            Assert.True(await page.EvaluateAsync<bool>("window.hit === undefined"), $"{path} ran what it shows");
            Assert.Equal(0, await page.Locator("main script, main img, main iframe, main style, main base, main [onload], main [onerror], main [onmouseover], main a[href^='javascript' i], main form[action*='example.org']").CountAsync());
        }
        Assert.Empty(said);
    }
}
