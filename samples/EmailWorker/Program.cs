using JobSystem.EmailWorker;
using JobSystem.Worker;
using Microsoft.Extensions.DependencyInjection;

var worker = JobWorker.CreateBuilder(args);
worker.Services.AddSingleton<IMailer, SmtpMailer>();
worker.MapTask("send_email", async (string to, string subject, string? body, IMailer mailer, TaskContext job, CancellationToken ct) =>
{
    await job.ReportProgress(50, "rendered", ct);
    return new { MessageId = await mailer.Send(to, subject, body ?? "", ct) };
})
.WithDescription("Send an email to a user").WithQueue("emails").WithMaxRetries(3).WithTimeout(TimeSpan.FromMinutes(1));
await worker.Build().RunAsync();
