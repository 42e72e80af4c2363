using Microsoft.Playwright;

namespace JobSystem.Dashboard.Tests;

public sealed class DashboardTests(DashboardHost host) : IClassFixture<DashboardHost>
{
    const string Attack = "<img src=x onerror=alert(1)><script>alert(2)</script>";

    [Fact]
    public async Task SignIn_WrongKey_IsRefused()
    {
        var page = await host.Open();
        await page.GotoAsync("/ui/jobs");
        await page.GetByLabel("API key or token").FillAsync("not-a-key");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        Assert.Contains("not valid", await page.GetByRole(AriaRole.Alert).TextContentAsync());
        Assert.DoesNotContain(await page.Context.CookiesAsync(), x => x.Name == "jobsystem_ui");
    }

    [Fact]
    public async Task SignIn_RightKey_LeavesNothingThatScriptsCanRead()
    {
        var page = await host.SignIn();
        var cookie = Assert.Single(await page.Context.CookiesAsync(), x => x.Name == "jobsystem_ui");
        Assert.True(cookie.HttpOnly);
        Assert.Equal(SameSiteAttribute.Strict, cookie.SameSite);
        Assert.Equal("/ui", cookie.Path);
        Assert.DoesNotContain("jobsystem_ui=", await page.EvaluateAsync<string>("document.cookie"));
        Assert.DoesNotContain(host.AdminKey, await page.ContentAsync());
        Assert.DoesNotContain(host.AdminKey, await page.EvaluateAsync<string>("JSON.stringify(localStorage) + JSON.stringify(sessionStorage)"));
    }

    [Fact]
    public async Task FailedJob_Retried_RunsAgain()
    {
        var id = await host.Submit(new { task_name = "fail", max_retries = 0 });
        await host.Ends(id, "failed");
        var page = await host.SignIn();
        await page.GotoAsync("/ui/jobs?status=failed");
        await page.GetByRole(AriaRole.Link, new() { Name = id }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Error" })).ToContainTextAsync("Attempt 1");
        await page.GetByRole(AriaRole.Button, new() { Name = "Retry" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Error" })).ToContainTextAsync("Attempt 2", new() { Timeout = 20_000 });
    }

    [Fact]
    public async Task RunningJob_Ends_ThePageSaysSoByItself()
    {
        var id = await host.Submit(new { task_name = "sleep", kwargs = new { seconds = 3 } });
        var page = await host.SignIn();
        await page.GotoAsync($"/ui/jobs/{id}");
        await Assertions.Expect(page.Locator("main > p .status")).ToHaveTextAsync("running");
        await Assertions.Expect(page.Locator("main > p .status")).ToHaveTextAsync("completed", new() { Timeout = 9_000 });
    }

    [Fact]
    public async Task Queue_Paused_AfterConfirmation()
    {
        await host.Ends(await host.Submit(new { task_name = "echo", queue_name = "default" }), "completed");
        await host.Submit(new { task_name = "echo", queue_name = "quiet" });
        var page = await host.SignIn();
        await page.GotoAsync("/ui/queues");
        var row = page.GetByRole(AriaRole.Row).Filter(new() { HasText = "quiet" });
        await row.GetByRole(AriaRole.Button, new() { Name = "Pause" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Pause" }).ClickAsync();
        await Assertions.Expect(row.Locator(".status")).ToHaveTextAsync("paused");
    }

    [Fact]
    public async Task Viewer_SeesAJob_WithoutActions()
    {
        var id = await host.Submit(new { task_name = "fail", max_retries = 0 });
        await host.Ends(id, "failed");
        var key = (await host.Post("/api/v1/api-keys", new { name = "looker", permissions = new[] { "view_jobs" } })).GetProperty("key").GetString();
        var page = await host.SignIn(key);
        await page.GotoAsync($"/ui/jobs/{id}");
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Error" })).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Retry" })).ToHaveCountAsync(0);
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Delete" })).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Texts_WithMarkup_AreShownAsTyped()
    {
        var id = await host.Submit(new { task_name = "fail", max_retries = 0, title = Attack, description = Attack, tags = new[] { "<script>alert(3)</script>" }, kwargs = new { message = Attack }, metadata = new { note = Attack } });
        await host.Ends(id, "failed");
        var page = await host.SignIn();
        var dialogs = 0;
        page.Dialog += async (_, dialog) =>
        {
            dialogs++;
            await dialog.DismissAsync();
        };
        await page.GotoAsync("/ui/jobs");
        await Assertions.Expect(page.GetByText(Attack).First).ToBeVisibleAsync();
        await page.GotoAsync($"/ui/jobs/{id}");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = Attack }).First).ToBeVisibleAsync();
        Assert.Equal(0, await page.Locator("main script, main img").CountAsync());
        Assert.Equal(0, dialogs);
    }
}
