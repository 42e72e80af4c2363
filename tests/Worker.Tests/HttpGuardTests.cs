using System.Net;
using JobSystem.Executor.Tasks;

namespace JobSystem.Worker.Tests;

/// <summary>No URL may lead a job to what only the executor can reach.</summary>
public sealed class HttpGuardTests
{
    // Where names lead is decided here, so that no test asks a name server. All others, also oddly spelt numbers, lead to loopback
    static readonly Dictionary<string, string[]> names = new(StringComparer.OrdinalIgnoreCase)
    {
        ["localhost"] = ["127.0.0.1", "::1"],
        ["intranet.example.com"] = ["10.1.2.3"],
        ["rebind.example.com"] = ["93.184.215.14", "127.0.0.1"],
        ["six.example.com"] = ["fd00::1"],
        ["mapped.example.com"] = ["::ffff:192.168.0.1"],
        ["metadata.google.internal"] = ["169.254.169.254"],
    };

    [Theory]
    [InlineData("http://127.0.0.1/")]
    [InlineData("http://127.0.0.1:6379/")]
    [InlineData("https://127.0.0.1/")]
    [InlineData("http://127.1/")]
    [InlineData("http://127.0.1/")]
    [InlineData("http://127.255.255.254/")]
    [InlineData("http://2130706433/")]
    [InlineData("http://0x7f000001/")]
    [InlineData("http://0x7f.0.0.1/")]
    [InlineData("http://0x7f.1/")]
    [InlineData("http://017700000001/")]
    [InlineData("http://0177.0.0.1/")]
    [InlineData("http://0177.0.0.01/")]
    [InlineData("http://00000177.1/")]
    [InlineData("http://0x7F.0X0.0.1/")]
    [InlineData("http://127.0.0.1./")]
    [InlineData("http://localhost/")]
    [InlineData("http://LOCALHOST/")]
    [InlineData("http://localhost./")]
    [InlineData("http://localhost:22/")]
    [InlineData("http://ｌｏｃａｌｈｏｓｔ/")]
    [InlineData("http://127。0。0。1/")]
    [InlineData("http://１２７.０.０.１/")]
    [InlineData("http://①②⑦.⓪.⓪.①/")]
    [InlineData("http://0/")]
    [InlineData("http://0.0.0.0/")]
    [InlineData("http://0.1.2.3/")]
    [InlineData("http://10.0.0.1/")]
    [InlineData("http://10.255.255.255/")]
    [InlineData("http://167772161/")]
    [InlineData("http://172.16.0.1/")]
    [InlineData("http://172.31.255.255/")]
    [InlineData("http://192.168.1.1/")]
    [InlineData("http://3232235777/")]
    [InlineData("http://0300.0250.1.1/")]
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("http://2852039166/latest/meta-data/")]
    [InlineData("http://0xa9fea9fe/")]
    [InlineData("http://0xA9.0xFE.0xA9.0xFE/")]
    [InlineData("http://169.254.0.1/")]
    [InlineData("http://100.64.0.1/")]
    [InlineData("http://100.100.100.200/")]
    [InlineData("http://100.127.255.255/")]
    [InlineData("http://168.63.129.16/")]
    [InlineData("http://192.0.0.192/")]
    [InlineData("http://192.0.2.1/")]
    [InlineData("http://192.88.99.1/")]
    [InlineData("http://198.18.0.1/")]
    [InlineData("http://198.51.100.1/")]
    [InlineData("http://203.0.113.1/")]
    [InlineData("http://224.0.0.1/")]
    [InlineData("http://239.255.255.250:1900/")]
    [InlineData("http://240.0.0.1/")]
    [InlineData("http://255.255.255.255/")]
    [InlineData("http://[::1]/")]
    [InlineData("http://[0:0:0:0:0:0:0:1]/")]
    [InlineData("http://[0000::0001]:8080/")]
    [InlineData("http://[::]/")]
    [InlineData("http://[::ffff:127.0.0.1]/")]
    [InlineData("http://[::ffff:7f00:1]/")]
    [InlineData("http://[0:0:0:0:0:ffff:7f00:0001]/")]
    [InlineData("http://[::ffff:169.254.169.254]/")]
    [InlineData("http://[::127.0.0.1]/")]
    [InlineData("http://[::10.0.0.1]/")]
    [InlineData("http://[64:ff9b::127.0.0.1]/")]
    [InlineData("http://[64:ff9b::a00:1]/")]
    [InlineData("http://[64:ff9b:1::1]/")]
    [InlineData("http://[2002:7f00:1::]/")]
    [InlineData("http://[2002:a00:1::1]/")]
    [InlineData("http://[2001:0:4136:e378::1]/")]
    [InlineData("http://[2001:db8::1]/")]
    [InlineData("http://[3fff::1]/")]
    [InlineData("http://[fc00::1]/")]
    [InlineData("http://[fd00:ec2::254]/")]
    [InlineData("http://[fe80::1]/")]
    [InlineData("http://[fe80::1%25eth0]/")]
    [InlineData("http://[febf::1]/")]
    [InlineData("http://[fec0::1]/")]
    [InlineData("http://[ff02::1]/")]
    [InlineData("http://[100::1]/")]
    [InlineData("http://[5f00::1]/")]
    [InlineData("http://intranet.example.com/")]
    [InlineData("http://rebind.example.com/")]
    [InlineData("http://six.example.com/")]
    [InlineData("http://mapped.example.com/")]
    [InlineData("http://metadata.google.internal/computeMetadata/v1/")]
    [InlineData("http://127.0.0.1.nip.io/")]
    public async Task Call_NotPublic_IsRefusedForGoodAndSaysHowToAllowIt(string url)
    {
        var refused = await Refused(url);
        Assert.Contains("JOBSYSTEM_HTTP_ALLOW=", refused.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ftp://example.com/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("gopher://127.0.0.1:6379/_INFO")]
    [InlineData("javascript:alert(1)")]
    [InlineData("data:text/plain,x")]
    [InlineData("unix:///var/run/docker.sock")]
    [InlineData("/relative")]
    [InlineData("//example.com/")]
    [InlineData("example.com")]
    [InlineData("http://")]
    [InlineData("http:///path")]
    [InlineData("")]
    [InlineData("http://user:secret@93.184.215.14/")]
    [InlineData("http://93.184.215.14@127.0.0.1/")]
    [InlineData("http://[::1/")]
    [InlineData("http://256.256.256.256.256:99999/")]
    public async Task Call_NoHttpUrl_IsRefusedForGood(string url) => await Refused(url);

    [Theory]
    [InlineData("Host", "internal")]
    [InlineData("content-length", "5")]
    [InlineData("Transfer-Encoding", "chunked")]
    [InlineData("Connection", "keep-alive")]
    [InlineData("X-A", "a\r\nX-B: b")]
    [InlineData("X-A\r\nX-B", "a")]
    [InlineData("X A", "a")]
    [InlineData("", "a")]
    public async Task Call_HeaderThatCannotBeSet_IsRefused(string name, string value) =>
        await Refused("http://93.184.215.14/", headers: new() { [name] = value });

    [Theory]
    [InlineData("CONNECT")]
    [InlineData("TRACE")]
    [InlineData("GET /\r\nX: y")]
    [InlineData("")]
    public async Task Call_MethodThatCannotBeSent_IsRefused(string method) => await Refused("http://93.184.215.14/", method);

    [Theory]
    [InlineData("93.184.215.14")]
    [InlineData("1.1.1.1")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.1")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.1")]
    [InlineData("192.167.255.255")]
    [InlineData("223.255.255.255")]
    [InlineData("2606:4700::1111")]
    [InlineData("2a00:1450:4001:82a::200e")]
    [InlineData("::ffff:1.1.1.1")]
    [InlineData("64:ff9b::1.1.1.1")]
    [InlineData("2002:101:101::1")]
    public void ReasonNotPublic_Public_IsNull(string address) => Assert.Null(PublicAddresses.ReasonNotPublic(IPAddress.Parse(address)));

    [Theory]
    [InlineData("nothing")]
    [InlineData("host:")]
    [InlineData("host:0")]
    [InlineData("host:65536")]
    [InlineData("http://host:80")]
    [InlineData("host:80/path")]
    [InlineData("::1")]
    [InlineData("[::1]")]
    [InlineData("user@host:80")]
    public void Parse_NoTarget_SaysWhichEntry(string entry)
    {
        var error = Assert.Throws<ServiceDefaults.Configuration.SettingException>(() => AllowedTargets.Parse([entry]));
        Assert.Contains($"'{entry}'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1:80", "127.0.0.1", 80, true)]
    [InlineData("2130706433:80", "127.0.0.1", 80, true)]
    [InlineData("LocalHost:8080", "localhost", 8080, true)]
    [InlineData("[::1]:8080", "::1", 8080, true)]
    [InlineData("127.0.0.1:80", "127.0.0.1", 81, false)]
    [InlineData("127.0.0.1:80", "127.0.0.2", 80, false)]
    [InlineData("127.0.0.1:80", "localhost", 80, false)]
    public void Contains_Target_OnlyHostAndPortTogether(string entry, string host, int port, bool expected) =>
        Assert.Equal(expected, AllowedTargets.Parse([entry]).Contains(host, port));

    static async Task<JobOutcome.Failed> Refused(string url, string method = "GET", Dictionary<string, string>? headers = null)
    {
        using var caller = new HttpCaller(AllowedTargets.Parse(["127.0.0.1:1"]), (host, _) => Task.FromResult(names.GetValueOrDefault(host, ["127.0.0.1"]).Select(IPAddress.Parse).ToArray()));
        var outcome = await caller.Call(new(method, url, headers ?? [], null, null), DetachedAttempt.Context(), new CancellationTokenSource(TimeSpan.FromSeconds(10)).Token);
        var failed = Assert.IsType<JobOutcome.Failed>(outcome);
        Assert.Equal(("request_refused", false), (failed.ErrorType, failed.Retryable));
        return failed;
    }
}
